/** Why a worker process could not be started, in words for the log and a reload's verdict. */
import { describeThrown } from '@tshorn/core';

export interface SpawnFailure {
  readonly reason: string;
  /** The machine lacks something at the moment; the same start may succeed later. */
  readonly isPassing: boolean;
}

const PASSING = new Set(['EAGAIN', 'ENOMEM', 'EMFILE', 'ENFILE']);

/** execve(2): the limit is a quarter of the stack limit in all, and 128 KiB for one string. */
const TOO_LONG = 'its environment or its arguments are too long';

export function spawnFailure(error: unknown): SpawnFailure {
  const { code, message = describeThrown(error) } = error as NodeJS.ErrnoException;
  // Node appends the value that it refuses, which may be a secret.
  const [text] = message.split(' Received ');
  const why = code === 'E2BIG' ? `${text} (${TOO_LONG})` : text;
  return {
    reason: `the worker process could not be started: ${why}`,
    isPassing: code !== undefined && PASSING.has(code),
  };
}
