/**
 * What can be said of an app that has not finished loading after some seconds. Loaded only then. It is refused where
 * nothing is under way any more but handles of native code or a child process, of which one serves already.
 */
import { existsSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import type net from 'node:net';
import { basename } from 'node:path';
import { TshornError } from '@tshorn/core';
import { kindOf, wrongServer } from './no-app.ts';
import { addressOf } from './other-listeners.ts';

export interface StillLoading {
  /** `warn` where the app serves something that tshorn cannot. */
  readonly level: 'info' | 'warn';
  readonly text: string;
  readonly refusal?: TshornError;
}

/**
 * @param doing what the app does, as far as it is known
 * @param servers what the app has opened beside an HTTP/1.1 server
 * @param resources from `process.getActiveResourcesInfo()`
 */
export function stillLoading(
  file: string,
  doing: string,
  servers: readonly net.Server[],
  resources: readonly string[],
): StillLoading {
  const kinds = [...new Set(resources)].filter((kind) => !WITHOUT_END.test(kind));
  const open = kinds.length > 0 ? `; open: ${kinds.join(', ')}` : '';
  const refuse = (refusal: TshornError): StillLoading => {
    const what = refusal.message.replace(`app: ${file} `, 'it ');
    const text = `${what}, and it has not called listen() of an HTTP server yet${open}; ${refusal.fix}`;
    return { level: 'warn', text, ...(kinds.length === 0 && { refusal }) };
  };
  const [server] = servers;
  if (server) return refuse(wrongServer(file, kindOf(server), addressOf(server) ?? 'an unnamed address'));
  const native = listensOn('self');
  if (native !== undefined) return refuse(wrongServer(file, 'a server that is not one of Node', native));
  for (const child of children()) {
    const address = listensOn(child);
    if (address !== undefined) return refuse(wrongProcess(file, child, address));
  }
  return { level: 'info', text: `${doing}${open}` };
}

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
    { fix: isNode && script > 0 ? `start what it runs: ${typed}` : 'start the file that serves' },
  );
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
