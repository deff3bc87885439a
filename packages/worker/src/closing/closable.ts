/** Connections that can be closed by their own protocol, so that their clients know why. */
import type { Socket } from 'node:net';
import { closeFrame } from '../migrate/close-frame.ts';
import type { Migratable } from '../migrate/registry.ts';

/** A connection that does not close by itself when the worker drains. */
export interface Closable {
  /** The connection is closed when this socket is destroyed. */
  readonly socket: Socket;
  /**
   * Begins the closing handshake; called once, in a turn of the event loop of its own. The connection ends when the client
   * has answered, or is force-closed at the deadline.
   */
  close(): void;
}

/**
 * WebSockets and streams that could have moved, and did not. Those in transit (corked) are left to the other worker.
 * @param onClose is called with each before it is closed
 */
export const migratablesOf = (
  migratables: Iterable<Migratable>,
  onClose: (migratable: Migratable) => void = () => {},
): Closable[] =>
  [...migratables]
    .filter(({ socket }) => socket.writable && socket.writableCorked === 0)
    .map((migratable) => ({
      socket: migratable.socket,
      close() {
        onClose(migratable);
        migratable.close();
      },
    }));

/**
 * WebSockets of which only the connection is known. The close frame is written past the library that serves them, and that
 * is safe:
 *
 * - **It does not come in the middle of a frame.** Libraries write a frame in one go, as one write or several, and what a
 *   stream is given goes out in that order; between two turns of the event loop nothing is half written. Where that does
 *   not hold no frame is written: the socket is corked, or another stream is piped into it (an app that is a proxy).
 * - **It may come in the middle of a message**: control frames may stand between its fragments (RFC 6455, section 5.4).
 * - **Frames of the library after it do no harm.** A server must not send them any more (5.5.1), but the client discards
 *   them (1.4), a second close frame too.
 * - **The rest is as if the client had begun to close.** The client answers with a close frame (5.5.1). For the library the
 *   client closes: it answers in turn, emits 'close' and closes the connection, as a server does (7.1.1). The client
 *   reports the code that it has read first (7.1.5): 1012.
 */
export const webSocketsOf = (sockets: readonly Socket[]): Closable[] =>
  sockets.filter(isBetweenFrames).map((socket) => ({ socket, close: () => sayClose(socket) }));

/** `writable` is false once the library has ended it, after a close frame of its own. */
const isBetweenFrames = (socket: Socket): boolean =>
  // A stream that is piped into another one listens to its 'unpipe' (lib/internal/streams/readable.js, pipe).
  socket.writable && socket.writableCorked === 0 && socket.listenerCount('unpipe') === 0;

function sayClose(socket: Socket): void {
  // The client may have gone, and the app may have no 'error' listener: a write of ours must not end the worker.
  socket.on('error', () => {});
  socket.write(closeFrame());
}
