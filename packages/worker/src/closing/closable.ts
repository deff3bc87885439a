/** Connections that can be closed by their own protocol, so that their clients know why. */
import type { Socket } from 'node:net';
import { closeFrame } from '../survive/close-frame.ts';
import type { Survivor } from '../survive/registry.ts';

/** One whose closing somebody has to begin. */
export interface Closable {
  /** It has gone when this is destroyed. */
  readonly socket: Socket;
  /**
   * Tells the client that it is over; called once, in a turn of the event loop of its own. The connection ends when the
   * client has answered, or is force-closed at the deadline.
   */
  close(): void;
}

/**
 * Those that could have moved, and did not. One that is on its way is another worker's business.
 * @param onClose is told of each before it is closed
 */
export const survivorsOf = (
  survivors: Iterable<Survivor>,
  onClose: (survivor: Survivor) => void = () => {},
): Closable[] =>
  [...survivors]
    .filter(({ socket }) => socket.writable && socket.writableCorked === 0)
    .map((survivor) => ({
      socket: survivor.socket,
      close() {
        onClose(survivor);
        survivor.close();
      },
    }));

/**
 * WebSockets that nothing is known of but their connection. The frame is written behind the back of whatever library
 * has them, and that is safe:
 *
 * - **It does not come in the middle of a frame.** Libraries write a frame in one go, as one write or several, and what a
 *   stream is given goes out in that order; between two turns of the event loop nothing is half written. Where that does
 *   not hold no frame is written: the socket is corked, or another stream is piped into it (an app that is a proxy).
 * - **It may come in the middle of a message**: control frames may stand between its fragments (RFC 6455, section 5.4).
 * - **What the library sends after it does no harm.** It does not know of it, and may send frames that a server must not
 *   send any more (5.5.1); the client discards them (1.4), a second close frame too.
 * - **The rest is as if the client had begun it.** It answers with a close frame (5.5.1), which tells the library that
 *   the client leaves; the library answers in turn, emits its 'close' and closes the connection, as is a server's
 *   part (7.1.1). The client reports the code that it has read first (7.1.5): 1012.
 */
export const webSocketsOf = (sockets: readonly Socket[]): Closable[] =>
  sockets.filter(isBetweenFrames).map((socket) => ({ socket, close: () => sayClose(socket) }));

/** `writable` is false once the library has ended it, after a close frame of its own. */
const isBetweenFrames = (socket: Socket): boolean =>
  // A stream that is piped into another one listens to its 'unpipe' (lib/internal/streams/readable.js, pipe).
  socket.writable && socket.writableCorked === 0 && socket.listenerCount('unpipe') === 0;

function sayClose(socket: Socket): void {
  // The client may be gone without a word, and the app not listen: a write of ours must not end the worker.
  socket.on('error', () => {});
  socket.write(closeFrame());
}
