/**
 * Holds the bytes that an app writes on a connection in transit, since the other worker may be writing already. They are
 * either flushed here after all, or taken out and written first by the other worker.
 */
import type { Socket } from 'node:net';

/** From here on, written bytes stay in the process. */
export const hold = (socket: Socket): void => socket.cork();

/** The connection stays: the held bytes go out. */
export const unhold = (socket: Socket): void => socket.uncork();

interface Chunk {
  readonly chunk: Buffer | string;
  readonly encoding: BufferEncoding;
}

/**
 * Takes the held bytes out. After that no written byte leaves the process at all.
 * A stream calls `_write` and `_writev` with its buffered chunks, all at once when it is uncorked
 * (https://nodejs.org/api/stream.html#writable_writevchunks-callback).
 */
export function takeHeld(socket: Socket): Buffer {
  const held: Buffer[] = [];
  const collect = (chunk: Buffer | string, encoding: BufferEncoding) =>
    held.push(typeof chunk === 'string' ? Buffer.from(chunk, encoding) : chunk);
  socket._write = (chunk, encoding, callback) => {
    collect(chunk, encoding);
    callback();
  };
  socket._writev = (chunks, callback) => {
    for (const { chunk, encoding } of chunks as Chunk[]) collect(chunk, encoding);
    callback();
  };
  while (socket.writableCorked > 0) socket.uncork();
  return Buffer.concat(held);
}
