/**
 * Describes an app that has not finished loading after some seconds. Loaded only then. The app is refused where
 * nothing is under way any more but handles of native code or a child process, of which one serves already.
 */
import { existsSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import type net from 'node:net';
import { basename, resolve } from 'node:path';
import { TshornError } from '@tshorn/core';
import { kindOf, wrongServer } from './no-app.ts';
import type { Open } from './open-now.ts';
import { addressOf } from './other-listeners.ts';

export interface StillLoading {
  /** `warn` where the app serves something that tshorn cannot. */
  readonly level: 'info' | 'warn';
  readonly text: string;
  readonly refusal?: TshornError;
  /** Process id of the child process that serves. */
  readonly child?: number;
}

/**
 * @param doing what the app does, as far as it is known
 * @param servers what the app has opened beside an HTTP/1.1 server
 */
export function stillLoading(
  file: string,
  doing: string,
  servers: readonly net.Server[],
  { resources, connections }: Open,
): StillLoading {
  let ofServers = connections;
  const isOfServers = (kind: string) =>
    (kind === 'TCPSocketWrap' && ofServers-- > 0) || (connections > 0 && ANSWERING.test(kind));
  const others = resources.filter((kind) => !WITHOUT_END.test(kind) && !isOfServers(kind));
  const kinds = [...new Set(others)];
  const open = kinds.length > 0 ? `; open: ${kinds.join(', ')}` : '';
  const refuse = (refusal: TshornError, child?: string): StillLoading => {
    const what = refusal.message.replace(`app: ${file} `, 'it ');
    const text = `${what}, and it has not called listen() of an HTTP server yet${open}; ${refusal.fix}`;
    return {
      level: 'warn',
      text,
      ...(kinds.length === 0 && { refusal }),
      ...(child && { child: Number(child) }),
    };
  };
  const [server] = servers;
  if (server) return refuse(wrongServer(file, kindOf(server), addressOf(server) ?? 'an unnamed address'));
  const native = listensOn('self');
  if (native !== undefined)
    return refuse(wrongServer(file, 'a server that is not one of Node, or is one of a thread', native));
  for (const child of children()) {
    const address = listensOn(child);
    if (address !== undefined) return refuse(wrongProcess(file, child, address), child);
  }
  return { level: 'info', text: `${doing}${open}` };
}

/** Handles that an HTTP/2 server has for a moment while it answers. */
const ANSWERING = /^(?:Immediate|WriteWrap|ShutdownWrap)$/;

/** Servers, standard streams and child processes are open for as long as the app lives, and lead to nothing more. */
const WITHOUT_END = /^(?:(?:TCP|Pipe)ServerWrap|PipeWrap|TTYWrap|SignalWrap|ProcessWrap|MessagePort)$/;

function wrongProcess(file: string, child: string, address: string): TshornError {
  const words = read(`/proc/${child}/cmdline`).split('\0').slice(0, -1);
  const line = words.join(' ').slice(0, 200);
  // A word behind a flag may be its value.
  const script = words.findIndex((word, at) => at > 0 && !word.startsWith('-') && existsSync(word));
  const isNode = /^node(js)?$/.test(basename(words[0] ?? ''));
  const rest = words.slice(script + 1);
  const typed = `tshorn ${words[script]}${rest.length > 0 ? ` -- ${rest.join(' ')}` : ''}`;
  return new TshornError(
    'ERR_APP_KIND',
    `app: ${file} has started a child process that listens on ${address} (${line}), which tshorn cannot serve`,
    { fix: isNode && script > 0 ? fixOf(file, words, script, typed) : 'start the file that serves' },
  );
}

/** An app that starts itself again does so for flags of node most of the time. */
function fixOf(file: string, words: readonly string[], script: number, typed: string): string {
  if (resolve(words[script]!) !== file) return `start what it runs: ${typed}`;
  const flags = words.slice(1, script).join(' ');
  const how = flags === '' ? '' : `, and give the flags in NODE_OPTIONS="${flags}"`;
  return `the app starts itself again; have it serve in the process that tshorn starts${how}`;
}

/** Process ids of the children; none where /proc does not tell. */
const children = (): string[] =>
  list('/proc/self/task').flatMap((thread) =>
    read(`/proc/self/task/${thread}/children`)
      .split(' ')
      .filter((pid) => pid !== ''),
  );

/** The first TCP address that the process listens on; undefined where there is none, and where /proc does not tell. */
function listensOn(pid: string): string | undefined {
  const sockets = new Set(list(`/proc/${pid}/fd`).map((fd) => link(`/proc/${pid}/fd/${fd}`)));
  for (const family of ['tcp', 'tcp6']) {
    for (const row of read(`/proc/${pid}/net/${family}`).split('\n').slice(1)) {
      const [, local = '', , state, , , , , , inode] = row.trim().split(/\s+/);
      // TCP_LISTEN, include/net/tcp_states.h
      if (state !== '0A' || !sockets.has(`socket:[${inode}]`)) continue;
      const port = Number.parseInt(local.split(':')[1] ?? '', 16);
      if (port !== debuggerPort()) return `port ${port}`;
    }
  }
  return undefined;
}

/** An inspector that somebody has opened is no server of the app. */
function debuggerPort(): number | undefined {
  const { url } = process.getBuiltinModule?.('node:inspector') ?? {};
  const at = url?.();
  return at === undefined ? undefined : Number(new URL(at).port);
}

const attempt =
  <T>(call: (path: string) => T, otherwise: T) =>
  (path: string): T => {
    try {
      return call(path);
    } catch {
      return otherwise;
    }
  };

const read = attempt((path) => readFileSync(path, 'utf8'), '');
const list = attempt((path) => readdirSync(path), []);
const link = attempt((path) => readlinkSync(path), '');
