/** Closes a WebSocket without its library's object. */
import type { Socket } from 'node:net';

/** "Service restart" (https://www.iana.org/assignments/websocket/websocket.xhtml#close-code-number). */
export const SERVICE_RESTART = 1012;
const REASON = 'service restart';

/** A server's close frame, unmasked: RFC 6455, sections 5.2 and 5.5.1. */
export function closeFrame(code = SERVICE_RESTART, reason = REASON): Buffer {
  const text = Buffer.from(reason);
  const frame = Buffer.alloc(4 + text.length);
  frame.writeUInt8(0x88, 0);
  frame.writeUInt8(2 + text.length, 1);
  frame.writeUInt16BE(code, 2);
  text.copy(frame, 4);
  return frame;
}

/** The time that a client has to close its side. */
const CLOSE_MS = 2_000;

/**
 * Sends these bytes and ends the connection; the client has `CLOSE_MS` to close its side. The FIN goes out even if
 * another process holds a descriptor of the connection.
 */
export function sayGoodbye(socket: Socket, bytes: Buffer = Buffer.alloc(0)): void {
  socket.on('error', () => {});
  socket.resume();
  socket.end(bytes);
  const timer = setTimeout(() => socket.destroy(), CLOSE_MS).unref();
  socket.once('end', () => socket.destroy());
  socket.once('close', () => clearTimeout(timer));
}
