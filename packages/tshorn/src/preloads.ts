/**
 * Keeps the modules that NODE_OPTIONS preloads (`--import @sentry/node/preload`) out of the master: they are meant for
 * the app. Node has loaded them before this file runs, so the master begins again without them, in the same process. On a
 * Node before 22.15 and 23.11, and where descriptors would be lost, they stay, without their listeners for signals.
 */
import { accessSync, constants } from 'node:fs';
import { splitNodeOptions } from '@tshorn/core';
import { wordsOf } from '@tshorn/master';

/** The NODE_OPTIONS of the workers, where the master was started with other ones. */
const VARIABLE = 'TSHORN_INTERNAL_NODE_OPTIONS';

/** The signals that control the master. */
const SIGNALS = [
  'SIGHUP',
  'SIGTERM',
  'SIGINT',
  'SIGQUIT',
  'SIGTTIN',
  'SIGTTOU',
  'SIGUSR1',
  'SIGUSR2',
] as const;

type Variables = Record<string, string | undefined>;
type Execve = (file: string, args: readonly string[], env: Variables) => never;

/**
 * Puts back the NODE_OPTIONS that this process was started without, for the workers. To be called before anything is
 * started.
 * @returns true where nothing is preloaded here
 */
export function restoreNodeOptions(env: NodeJS.ProcessEnv): boolean {
  const { NODE_OPTIONS, [VARIABLE]: ofWorkers } = env;
  if (ofWorkers === undefined) return splitNodeOptions(NODE_OPTIONS ?? '').preloads.length === 0;
  env.NODE_OPTIONS = ofWorkers;
  delete env[VARIABLE];
  return true;
}

/** The variables with which a master starts without preloads; none where there are none. */
export function variablesOfMaster({ NODE_OPTIONS }: NodeJS.ProcessEnv): Variables {
  const { preloads, others } = splitNodeOptions(NODE_OPTIONS ?? '');
  if (preloads.length === 0) return {};
  return { NODE_OPTIONS: others, [VARIABLE]: NODE_OPTIONS };
}

/**
 * Begins this process again without preloads; returns only where that is not possible, with the reason. The process
 * keeps its pid, its directory and descriptors 0 to 2.
 */
function beginAgain(env: NodeJS.ProcessEnv): string {
  const { execve } = process as { execve?: Execve };
  if (!execve) return `Node ${process.versions.node} cannot replace a process; Node 22.15 can`;
  if (env.LISTEN_FDS !== undefined) return 'the sockets that systemd has passed would be lost';
  if (process.channel) return 'the channel to its parent would be lost';
  const words = wordsOf('self');
  if (!words) return 'there is no /proc';
  try {
    accessSync(process.execPath, constants.X_OK);
  } catch {
    return `${process.execPath} is gone`;
  }
  // Node ends the process when the call fails.
  return execve(process.execPath, words, { ...env, ...variablesOfMaster(env) });
}

/**
 * Takes off the listeners that preloaded modules have added for the master's signals: most of them end the process.
 * @returns the names of these signals
 */
export function dropForeignListeners(): string[] {
  return SIGNALS.filter((signal) => {
    const isForeign = process.listenerCount(signal) > 0;
    process.removeAllListeners(signal);
    return isForeign;
  });
}

export interface Preloads {
  /** The file that has been read, where there is one. */
  readonly configFile: string | undefined;
  /** The signals whose listeners were removed. */
  readonly foreign: readonly string[];
  /** Nothing is preloaded by NODE_OPTIONS here. */
  readonly isClean: boolean;
}

/** A config file in TypeScript may need the loader that is preloaded. */
export const mayNeedPreloads = ({ configFile = '' }: Preloads): boolean => /\.[cm]?ts$/.test(configFile);

/** Begins this process again without preloads, where there are any. Returns what the log has to say when they stay. */
export function leavePreloads(env: NodeJS.ProcessEnv, preloads: Preloads): string | undefined {
  const { foreign, isClean } = preloads;
  const isNeeded = mayNeedPreloads(preloads);
  const removed = foreign.length > 0 ? `its listeners for ${foreign.join(', ')} are removed` : undefined;
  if (isClean || isNeeded) return removed && `a preloaded module runs in the master; ${removed}`;
  const why = beginAgain(env);
  const names = splitNodeOptions(env.NODE_OPTIONS ?? '').preloads.join(', ');
  return [
    `NODE_OPTIONS loads ${names} in the master too, since ${why}`,
    removed,
    'to load it in the workers alone, use --node-options or --environment-file',
  ]
    .filter(Boolean)
    .join('; ');
}
