/**
 * Libraries that ask node:cluster what process they run in. In a worker they leave work to a primary that has loaded them
 * too; the master of tshorn runs no code of the app. Where such a library reads `cluster.isPrimary` (or `isMaster`, its
 * old name), the master is told, and log4js is answered with true: then it writes its lines itself, as with its own
 * setting `disableClustering`. Everybody else gets the truth. Who asks is read from the call stack, as the name of a file:
 * a library within a bundle is not recognised, and the master finds out by its messages alone
 * (master/src/unread-messages.ts).
 */
import cluster from 'node:cluster';
import { createRequire } from 'node:module';
import type { AskingLibrary } from '@tshorn/core';

interface Known {
  readonly library: AskingLibrary;
  readonly file: RegExp;
  readonly answer: boolean;
  /** Called once, with the file. */
  readonly onFound?: (file: string) => void;
}

const KNOWN: readonly Known[] = [
  { library: 'log4js', file: /[\\/]log4js[\\/]lib[\\/]clustering\.js$/, answer: true, onFound: endAsking },
  { library: 'prom-client', file: /[\\/]prom-client[\\/]lib[\\/]cluster\.js$/, answer: false },
];

/** @param report called once for each library */
export function answerLibraries(report: (library: AskingLibrary) => void): void {
  const reported = new Set<AskingLibrary>();
  /** A library may be there several times. */
  const found = new Set<string>();
  for (const name of ['isPrimary', 'isMaster'] as const) {
    const truth = cluster[name];
    const set = (value: unknown) =>
      Object.defineProperty(cluster, name, { value, writable: true, configurable: true, enumerable: true });
    function get(): boolean {
      const caller = callerOf(get);
      const known = KNOWN.find(({ file }) => file.test(caller));
      if (!known) return truth;
      if (!found.has(caller)) {
        found.add(caller);
        known.onFound?.(caller);
        if (!reported.has(known.library)) report(known.library);
        reported.add(known.library);
      }
      return known.answer;
    }
    Object.defineProperty(cluster, name, { get, set, configurable: true, enumerable: true });
  }
}

type Listener = (event: unknown) => void;

/** The module `clustering` of log4js. It asks for the first time before `onMessage` is called. */
interface Clustering {
  onMessage(listener: Listener): void;
  send(event: unknown): void;
}

/** Otherwise log4js asks at each line, for several microseconds. */
function endAsking(file: string): void {
  const clustering = createRequire(import.meta.url).cache[file]?.exports as Partial<Clustering> | undefined;
  const { onMessage, send } = clustering ?? {};
  if (!clustering || !onMessage || !send) return;
  const listeners = new Set<Listener>();
  clustering.onMessage = (listener) => {
    listeners.add(listener);
    onMessage(listener);
  };
  clustering.send = (event) => {
    if (listeners.size === 0) return send(event);
    for (const listener of listeners) listener(event);
  };
}

/** The file of the code that has called this function; empty where that cannot be known. It costs several microseconds. */
function callerOf(callee: () => unknown): string {
  const { prepareStackTrace, stackTraceLimit } = Error;
  try {
    const holder: { stack?: string } = {};
    Error.stackTraceLimit = 1;
    Error.prepareStackTrace = (_error, [site]) => site?.getFileName() ?? '';
    Error.captureStackTrace(holder, callee);
    return holder.stack ?? '';
  } catch {
    // --frozen-intrinsics
    return '';
  } finally {
    Object.assign(Error, { prepareStackTrace, stackTraceLimit });
  }
}
