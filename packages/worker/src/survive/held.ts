/**
 * Holds what an app writes on a connection that is on its way: the other worker may be writing already.
 * It is either flushed here after all, or taken out, and the other worker writes it first.
 */
import type { Socket } from 'node:net';

/** From here on, nothing that is written leaves the process. */
export const hold = (socket: Socket): void => socket.cork();

/** It stays: what was held goes out. */
export const unhold = (socket: Socket): void => socket.uncork();

interface Chunk {
  readonly chunk: Buffer | string;
  readonly encoding: BufferEncoding;
}

/**
 * Takes out what was held. After it nothing that is written leaves the process at all.
 * `_write` and `_writev` are what a stream calls with what it has buffered, all at once when it is uncorked
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
