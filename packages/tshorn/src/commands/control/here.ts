/** Finds out which of several masters work in the directory that a command was given in. */
import fs from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { ANSWER_MS } from './client.ts';
import { DESCRIBE_MS, pidIn, statusOf } from './find.ts';
import type { Status } from './status-view.ts';

export interface Here {
  /** The control sockets of the masters that work here, as they say. */
  readonly own: readonly string[];
  /** Those of masters that have given no answer in time, and were started here. */
  readonly silent: readonly string[];
}

export interface HereOptions {
  /** The directory; undefined: none, which no master has. */
  readonly here: string | undefined;
  /**
   * True for a command that changes the one that is chosen: every answer that may change the choice is waited for. Default:
   * only those of masters that were started here.
   */
  readonly isPatient?: boolean;
  /** In milliseconds: when an answer is late, and when it is given up. */
  readonly limits?: { readonly lateMs: number; readonly answerMs: number } | undefined;
}

/** Asks all at once. A master whose loop is busy for a moment is waited for, and one that hangs elsewhere is not. */
export async function mastersHere(
  sockets: readonly string[],
  { here, isPatient = false, limits = { lateMs: DESCRIBE_MS, answerMs: ANSWER_MS } }: HereOptions,
): Promise<Here> {
  if (here === undefined) return { own: [], silent: [] };
  const answers = new Map<string, Status | undefined>();
  const end = new AbortController();
  const asked = new Map(
    sockets.map((socket) => {
      const answer = statusOf(socket, end.signal).then((status) => void answers.set(socket, status));
      return [socket, answer] as const;
    }),
  );
  const own = () => sockets.filter((socket) => isSame(answers.get(socket)?.cwd, here));
  const late = () => sockets.filter((socket) => !answers.has(socket));
  const wasStartedHere = (socket: string) => isSame(startOf(socket), here);
  const matters = (socket: string) => {
    if (wasStartedHere(socket)) return true;
    // With --chdir it may work here all the same, or its start is not known: a second one here would be one too many.
    return isPatient && (own().length === 0 || startOf(socket) === undefined);
  };

  const isLate = sleep(limits.lateMs, undefined, { signal: end.signal });
  await Promise.race([isLate, Promise.all(asked.values())]);
  let isOver = false;
  const over = sleep(limits.answerMs - limits.lateMs, undefined, { signal: end.signal }).then(() => {
    isOver = true;
  });
  while (!isOver && late().some(matters)) {
    await Promise.race([over, ...late().map((socket) => asked.get(socket))]);
  }
  // One that has ended has no directory any more.
  const silent = sockets.filter((socket) => answers.get(socket) === undefined && wasStartedHere(socket));
  const found = { own: own(), silent };
  for (const wait of [isLate, over]) wait.catch(() => {});
  end.abort();
  return found;
}

/** The directory that its process was started in, which it never leaves; undefined without /proc, and for a service. */
function startOf(socket: string): string | undefined {
  try {
    return fs.readlinkSync(`/proc/${pidIn(socket)}/cwd`);
  } catch {
    return undefined;
  }
}

/** A directory may be named through a link, as `current` beside the releases. */
export function isSame(one: string | undefined, other: string): boolean {
  if (one === undefined) return false;
  if (one === other) return true;
  try {
    return fs.realpathSync(one) === fs.realpathSync(other);
  } catch {
    return false;
  }
}
