/**
 * Which of the app's HTTP servers is the app. docs/decisions/which-server.md has the reasons.
 *
 * 1. The one that asks for the port of `--app-port`.
 * 2. The exported one: the server that the app has made for what it exports.
 * 3. The one that asks for the port of the variable PORT.
 * 4. What the module exports, on a server that tshorn makes.
 * 5. The one that listens first.
 */
import type http from 'node:http';
import type { LoadedApp } from './kinds.ts';

/** A server of the app that has called listen(). */
export interface Candidate {
  readonly server: http.Server;
  /** The port or path that it has asked for. */
  readonly asked: string;
}

export interface Hints {
  /** `--app-port`; 0 without one. */
  readonly appPort: number;
  /** The variable PORT. */
  readonly envPort: string | undefined;
  /** `APP:name` says that the export is the app. */
  readonly exportNamed: boolean;
}

/** True for a server that a person has named: by the option, or without one by PORT. */
export const isNamed = ({ asked }: Candidate, { appPort, envPort }: Hints): boolean =>
  appPort > 0 ? asked === String(appPort) : envPort !== undefined && envPort !== '' && asked === envPort;

export interface Choice {
  readonly app: LoadedApp;
  /** A person has not said which one it is: another server may be meant. */
  readonly isGuess: boolean;
}

/**
 * Undefined where there is none.
 * @param candidates in the order of their listen()
 * @param exported what the module exports, where that is an app
 */
export function chooseServer(
  candidates: readonly Candidate[],
  exported: LoadedApp | undefined,
  hints: Hints,
): Choice | undefined {
  const isGuess = !hints.exportNamed;
  const named = candidates.find((candidate) => isNamed(candidate, hints));
  if (named && hints.appPort > 0) return { app: asScript(named, exported), isGuess: false };
  const isOwn = exported?.isOwn;
  const own = isOwn && candidates.find(({ server }) => isOwn(server));
  if (own) return { app: asScript(own, exported), isGuess: false };
  if (named) return { app: asScript(named, exported), isGuess: false };
  // Of a fetch handler nothing tells which server calls it: most likely the only one.
  if (exported && (isOwn || candidates.length === 0)) {
    return { app: exported, isGuess };
  }
  const [first] = candidates;
  return first && { app: asScript(first, exported), isGuess: true };
}

const asScript = ({ server }: Candidate, exported: LoadedApp | undefined): LoadedApp =>
  exported?.server === server ? exported : { kind: 'script', server };
