/**
 * Tells the status of a response, when its first byte is sent, and how long its heads are. Node reports none: each write of a response
 * goes through `_send` of its prototype, which puts the head, `_header`, before the first one, and interim heads (`100
 * Continue`, `103 Early Hints`) go through `_writeRaw` (lib/_http_outgoing.js). These are the same in Node 20, 22, 24 and
 * 26, and documented in none; where they are missing, nothing is told.
 */
import http from 'node:http';

interface Outgoing {
  _send?(...args: unknown[]): boolean;
  _writeRaw?(data: unknown, ...args: unknown[]): boolean;
}
type Sending = http.ServerResponse & { readonly _headerSent?: boolean; readonly _header?: string | null };

const { length: STATUS_BEGIN } = 'HTTP/1.1 ';

/** Bytes of the head of a response; 0 where it is not known. */
export const headLength = (response: http.ServerResponse): number =>
  (response as Sending)._header?.length ?? 0;

/**
 * The status in the head of a response. The text of a head has many parts until somebody reads it: where `watchHead` has told the
 * status, that costs less.
 */
export function sentStatus(response: http.ServerResponse): number {
  const { _header: head } = response as Sending;
  return head ? Number(head.slice(STATUS_BEGIN, STATUS_BEGIN + 3)) : response.statusCode;
}

/**
 * Called once, before the app has its first request.
 * @param onHead is called for each response of the process when its head is made: afterwards an app may set `statusCode` to anything
 */
export function watchHead(onHead: (response: http.ServerResponse) => void): void {
  const { prototype } = http.ServerResponse;
  const { writeHead } = prototype;
  // Node calls it too, for a response whose head the app leaves to it.
  prototype.writeHead = function (this: http.ServerResponse, ...args: [number]) {
    writeHead.apply(this, args);
    onHead(this);
    return this;
  };
}

let onFirstByteSent: ((response: http.ServerResponse) => void) | undefined;

/** For a response whose bytes do not go through `_send` of the prototype: its first ones go now. */
export const tellFirstByte = (response: http.ServerResponse): void => onFirstByteSent?.(response);

/** Called once, before the app has its first request. @param onFirstByte is called for each response of the process */
export function watchFirstByte(onFirstByte: (response: http.ServerResponse) => void): void {
  onFirstByteSent = onFirstByte;
  const prototype = http.ServerResponse.prototype as Sending & Outgoing;
  const { _send: send } = prototype;
  if (typeof send !== 'function') return;
  prototype._send = function (this: Sending, data, encoding, callback, length) {
    if (this._headerSent === false && this._header != null) onFirstByte(this);
    return send.call(this, data, encoding, callback, length);
  };
}

const INTERIM = ['writeContinue', 'writeProcessing', 'writeEarlyHints', 'writeInformation'];

/**
 * Called once, before the app has its first request.
 * @param onInterim is called for each interim head of a response of the process, with its number of bytes
 */
export function watchInterim(onInterim: (response: http.ServerResponse, bytes: number) => void): void {
  type Method = (this: http.ServerResponse & Outgoing, ...args: unknown[]) => unknown;
  const prototype = http.ServerResponse.prototype as unknown as Record<string, Method | undefined>;
  for (const name of INTERIM) {
    const { [name]: method } = prototype;
    if (typeof method !== 'function') continue;
    prototype[name] = function (...args) {
      const { _writeRaw: writeRaw } = this;
      // Node 26 writes some of them by way of another one, which is watched already.
      if (typeof writeRaw !== 'function' || Object.hasOwn(this, '_writeRaw')) return method.apply(this, args);
      let bytes = 0;
      // Only for the time of this call: every other write goes the way that it always goes.
      this._writeRaw = (data, ...more) => {
        bytes += Buffer.byteLength(data as string);
        return writeRaw.call(this, data, ...more);
      };
      try {
        return method.apply(this, args);
      } finally {
        delete this._writeRaw;
        if (bytes > 0) onInterim(this, bytes);
      }
    };
  }
}
