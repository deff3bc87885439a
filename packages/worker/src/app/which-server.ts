/**
 * Which of the app's HTTP servers is the app. docs/decisions/which-server.md has the reasons.
 *
 * 1. The one that asks for the port of `--app-port`.
 * 2. The exported one: the server that the app has made for what it exports.
 * 3. The one that asks for the port of the variable PORT, or else for a port that the master has bound.
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
  /** The ports that the master has bound; none in a check. */
  readonly boundPorts: readonly number[];
  /** `APP:name` says that the export is the app. */
  readonly exportNamed: boolean;
}

/** The ports by which a person has named a server, best first: the option, or without one PORT and `--bind`. */
const namedPorts = ({ appPort, envPort, boundPorts }: Hints): string[] =>
  appPort > 0 ? [String(appPort)] : [...(envPort ? [envPort] : []), ...boundPorts.map(String)];

/** True for a server that a person has named. */
export const isNamed = ({ asked }: Candidate, hints: Hints): boolean => namedPorts(hints).includes(asked);

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
  const [named] = namedPorts(hints).flatMap((port) => candidates.filter(({ asked }) => asked === port));
  if (named && hints.appPort > 0) return { app: asScript(named, exported), isGuess: false };
  const isOwn = exported?.isOwn;
  const own = isOwn && candidates.find(({ server }) => isOwn(server));
  if (own) return { app: asScript(own, exported), isGuess: false };
  if (named) return { app: asScript(named, exported), isGuess: false };
  // Nothing tells which server calls a fetch handler: most likely the only one.
  if (exported && (isOwn || candidates.length === 0)) {
    return { app: exported, isGuess };
  }
  const [first] = candidates;
  return first && { app: asScript(first, exported), isGuess: true };
}

const asScript = ({ server }: Candidate, exported: LoadedApp | undefined): LoadedApp =>
  exported?.server === server ? exported : { kind: 'script', server };
