/**
 * The bytes of the files that TLS is configured with. A path may lead to anything: a named pipe without a writer, a device
 * without an end, a file system that does not answer. None of them may stop the master, so all of it is bounded.
 */
import fs from 'node:fs';
import { systemReason, TshornError, withDeadline } from '@tshorn/core';

/** The bundle of every authority that browsers know has a quarter of that. */
const MOST_BYTES = 1_048_576;
/** A disk over the network answers within that, or is as good as gone. */
const WITHIN_MS = 5_000;
const LOOK_AGAIN_MS = 20;

/** Texts that came by a pipe, by path: a pipe is read once, and its text serves later reads as well. */
export type Pipes = Map<string, string>;

/** `<(COMMAND)` of a shell is such a path. */
const PIPE_OF_SHELL = /^(?:\/dev\/(?:fd\/\d+|stdin)|\/proc\/(?:self|\d+)\/fd\/\d+)$/;

const failure = (message: string, fix: string) => new TshornError('ERR_CERTIFICATE', message, { fix });

/**
 * Reads a file, or the pipe that a shell has made.
 * @param option its name in an error
 * @throws TshornError ERR_CERTIFICATE within 5 s
 */
export async function readPem(option: string, file: string, pipes: Pipes = new Map()): Promise<string> {
  const kept = pipes.get(file);
  if (kept !== undefined) return kept;
  const what = `${option}: ${file}`;
  const late = () =>
    failure(
      `${what} could not be read within ${WITHIN_MS / 1_000} s`,
      'name a file on a disk that answers, or a command that ends sooner',
    );
  try {
    return await withDeadline(readBounded(what, file, pipes), WITHIN_MS, late);
  } catch (error) {
    if (error instanceof TshornError) throw error;
    throw failure(
      `${what} cannot be read: ${systemReason(error)}`,
      'correct the path, or give the user of the master the right to read it',
    );
  }
}

async function readBounded(what: string, file: string, pipes: Pipes): Promise<string> {
  const until = performance.now() + WITHIN_MS;
  const isPipe = await checkKind(what, file);
  // Without O_NONBLOCK, a thread of Node's pool waits for a pipe for ever, and it has four of them.
  const handle = await fs.promises.open(file, fs.constants.O_RDONLY | fs.constants.O_NONBLOCK);
  try {
    const parts: Buffer[] = [];
    for (let size = 0; ; ) {
      const part = await readSome(handle, until);
      if (part.length === 0) break;
      size += part.length;
      if (size > MOST_BYTES) {
        throw failure(`${what} has more than ${MOST_BYTES / 1_048_576} MB`, 'name a file in PEM');
      }
      parts.push(part);
    }
    const text = Buffer.concat(parts).toString('utf8');
    if (isPipe) pipes.set(file, text);
    return text;
  } finally {
    await handle.close();
  }
}

/** @returns true for a pipe of a shell */
async function checkKind(what: string, file: string): Promise<boolean> {
  const stats = await fs.promises.stat(file);
  if (stats.isFile()) return false;
  const isPipe = stats.isFIFO();
  if (isPipe && PIPE_OF_SHELL.test(file)) return true;
  const kind = stats.isDirectory() ? 'a directory' : isPipe ? 'a named pipe' : 'a device or a socket';
  throw failure(
    `${what} is no file, but ${kind}`,
    'name a regular file, or a link to one; the output of a command is <(COMMAND)',
  );
}

/** @returns no bytes at the end */
async function readSome(handle: fs.promises.FileHandle, until: number): Promise<Buffer> {
  const part = Buffer.alloc(65_536);
  for (;;) {
    try {
      const { bytesRead } = await handle.read(part, 0, part.length, null);
      return part.subarray(0, bytesRead);
    } catch (error) {
      // The writer of the pipe has not written yet. Past the deadline nobody waits for the answer.
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN' || performance.now() > until) throw error;
      await new Promise((resolve) => setTimeout(resolve, LOOK_AGAIN_MS));
    }
  }
}
