/** The masters of this user, found by their control sockets, and the sockets that dead ones have left. */
import { basename, join } from 'node:path';
import { whoListens } from '@tshorn/core';
import { wrapperIn } from '../checks/surroundings.ts';
import type { MasterFacts } from '../facts.ts';
import type { System } from '../system.ts';
import { wordsOf } from './surroundings.ts';

/** A part of what a master answers to /status. */
export interface MasterAnswer {
  readonly pid: number;
  readonly app?: string;
  readonly listeners: readonly string[];
}

export interface Control {
  /** Where the control sockets of this user are. */
  readonly directories: readonly string[];
  /** The control sockets of services that this user may ask; their names have no pid. */
  readonly services: readonly string[];
  /** Asks a master; rejects when it does not answer. */
  ask(socket: string): Promise<MasterAnswer>;
}

/** A busy machine takes its time; without the answer less can be told of that master. */
const ASK_MS = 5_000;
/** The kernel adds this to a removed directory: proc_pid_cwd(5). */
const DELETED = ' (deleted)';

/** Between npm and the master may stand a shell. */
const MOST_PARENTS = 2;

export async function mastersOf(system: System, { directories, services, ask }: Control) {
  const own = directories.flatMap((directory) =>
    system
      .list(directory)
      .filter((name) => /^\d+\.sock$/.test(name))
      .map((name) => join(directory, name)),
  );
  const sockets = [...own, ...services];
  const listens = await Promise.all(sockets.map(whoListens));
  const alive = sockets.filter((_, at) => listens[at] === 'somebody');
  const masters = await Promise.all(alive.map((socket) => describe(system, socket, ask)));
  return {
    masters: masters.filter((master) => master !== undefined),
    // systemd removes those of services.
    staleSockets: own.filter((_, at) => listens[at] === 'refused'),
  };
}

async function describe(
  system: System,
  socket: string,
  ask: Control['ask'],
): Promise<MasterFacts | undefined> {
  const named = Number(basename(socket, '.sock'));
  const late = new Promise<undefined>((resolve) => setTimeout(() => resolve(undefined), ASK_MS).unref());
  const answer = await Promise.race([ask(socket), late]).catch(() => undefined);
  const pid = answer?.pid ?? named;
  if (Number.isNaN(pid)) return undefined;
  const cwd = system.readlink(`/proc/${pid}/cwd`);
  const { app, listeners: addresses = [] } = answer ?? {};
  // A master outlives the directory that it was started in, as long as its release is elsewhere (`--chdir`).
  const deleted = cwd?.endsWith(DELETED) ? cwd.slice(0, -DELETED.length) : undefined;
  const gone = app === undefined ? deleted : system.stat(app) === undefined ? app : undefined;
  // `npm run dev` is no service.
  const isWatching = wordsOf(pid, system)?.includes('--watch');
  return { pid, app, addresses, gone, wrapper: isWatching ? undefined : wrapperOf(system, pid) };
}

function wrapperOf(system: System, pid: number): string | undefined {
  let at = pid;
  for (let depth = 0; depth < MOST_PARENTS; depth++) {
    const parent = /^PPid:\s+(\d+)$/m.exec(system.read(`/proc/${at}/status`) ?? '')?.[1];
    if (parent === undefined || Number(parent) <= 1) return undefined;
    at = Number(parent);
    const words = wordsOf(at, system) ?? [];
    const wrapper = wrapperIn(words);
    if (wrapper !== undefined) return words.join(' ');
  }
  return undefined;
}
