/**
 * Tells when the first byte of a response is sent, and how long its head is. Node reports neither: each write of a response
 * goes through `_send` of its prototype, which puts the head, `_header`, before the first one (lib/_http_outgoing.js). Both
 * are the same in Node 20, 22, 24 and 26, and documented in none; where they are missing, nothing is told.
 */
import http from 'node:http';

interface Outgoing {
  _send?(...args: unknown[]): boolean;
}
type Sending = http.ServerResponse & { readonly _headerSent?: boolean; readonly _header?: string | null };

/** Bytes of the head of a response; 0 where it is not known. */
export const headLength = (response: http.ServerResponse): number =>
  (response as Sending)._header?.length ?? 0;

/** Called once, before the app has its first request. @param onFirstByte is called for each response of the process */
export function watchFirstByte(onFirstByte: (response: http.ServerResponse) => void): void {
  const prototype = http.OutgoingMessage.prototype as Outgoing;
  const { _send: send } = prototype;
  if (typeof send !== 'function') return;
  prototype._send = function (this: unknown, data, encoding, callback, length) {
    const message = this as Sending;
    if (message._headerSent === false && message._header != null && message instanceof http.ServerResponse) {
      onFirstByte(message);
    }
    return send.call(message, data, encoding, callback, length);
  };
}
