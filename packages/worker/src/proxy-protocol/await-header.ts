/**
 * Waits for the header of the PROXY protocol at the begin of a connection, and leaves the stream as it would be had the
 * connection begun behind it: bytes that came in the same packet are put back, and nothing listens any more, so that Node's
 * own way into TLS or HTTP begins as for any connection.
 */
import type { Socket } from 'node:net';
import { readHeader, type Version } from './header.ts';
import type { Header } from './reading.ts';

/** The specification asks for three seconds at least: a lost packet is sent again within them (section 2). */
export const HEADER_WITHIN_MS = 5_000;

export interface Outcome {
  /** The header has come: the socket is at its end. */
  came(header: Header): void;
  /** The socket is destroyed. Without a reason it has ended, or failed, before it sent a byte: a health check, say. */
  failed(reason: string | undefined): void;
}

/** @returns the function that ends the wait without an outcome */
export function awaitHeader(socket: Socket, accepted: Version, outcome: Outcome): () => void {
  let bytes: Buffer = Buffer.alloc(0);
  const stop = () => {
    clearTimeout(timer);
    socket.off('readable', read).off('end', ended).off('error', ended).off('close', ended);
  };
  const fail = (reason: string | undefined) => {
    stop();
    // Its reset may come while it is destroyed.
    socket.on('error', () => {});
    socket.destroy();
    outcome.failed(reason);
  };
  const ended = () => fail(bytes.length === 0 ? undefined : 'the connection ended in the middle of it');
  const read = () => {
    for (let chunk = socket.read(); chunk !== null; chunk = socket.read()) {
      bytes = bytes.length === 0 ? (chunk as Buffer) : Buffer.concat([bytes, chunk as Buffer]);
      const reading = readHeader(bytes, accepted);
      if (reading.is === 'incomplete') continue;
      if (reading.is === 'refused') return fail(reading.reason);
      stop();
      if (bytes.length > reading.length) socket.unshift(bytes.subarray(reading.length));
      return outcome.came(reading);
    }
  };
  const late = () => fail(`it did not come within ${HEADER_WITHIN_MS / 1_000} s`);
  const timer = setTimeout(late, HEADER_WITHIN_MS).unref();
  socket.on('readable', read).on('end', ended).on('error', ended).on('close', ended);
  return stop;
}
