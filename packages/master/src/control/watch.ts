/**
 * The stream that a client gets of an operation: notices as NDJSON, one line each, with the fields of the log. A client
 * that goes away, or does not read, is dropped; the operation goes on.
 */
import type { ServerResponse } from 'node:http';
import type { Notice } from '../decide/notice.ts';
import { type Line, lineOf } from '../journal.ts';
import type { Controlled } from './controlled.ts';

/** Bytes that a client may leave unread before it is dropped. */
export const MOST_UNREAD_BYTES = 1_000_000;

/** Adds to a stream. One that has been ended stays open until its client has read all: it gets nothing more. */
export function writeTo(response: ServerResponse, text: string): void {
  if (response.writableEnded) return;
  response.write(text);
  if (response.writableLength > MOST_UNREAD_BYTES) response.destroy();
}

/** Called for each notice; returns true at the last one. */
export type Picker = (notice: Notice, send: (line: Line) => void) => boolean;

/** Streams until `pick` returns true. The caller makes its request after this: no notice is missed. */
export function watch(master: Controlled, response: ServerResponse, pick: Picker): (line: Line) => void {
  response.writeHead(200, { 'content-type': 'application/x-ndjson' });
  response.flushHeaders();
  const send = (line: Line) => {
    writeTo(response, `${JSON.stringify({ time: Date.now(), ...line })}\n`);
  };
  const look = (notice: Notice) => {
    if (!pick(notice, send)) return;
    // At once, and not with the close of the response: the next notice may come before that.
    master.off('notice', look);
    response.end();
  };
  master.on('notice', look);
  response.once('close', () => master.off('notice', look));
  return send;
}

/**
 * Picks the reload that serves the request `id`: requests that wait share one. The last line is the verdict, also
 * when the reload never begins.
 */
export function pickReload(id: number, onBegun: () => void): Picker {
  let begun = false;
  return (notice, send) => {
    if (notice.event === 'reload-started' && notice.operation.ids.includes(id)) begun = true;
    if (!begun) {
      const reason = whyNeverBegins(notice, id);
      if (reason !== undefined) send(aborted(reason));
      return reason !== undefined;
    }
    onBegun();
    send(lineOf(notice));
    return notice.event === 'reload-finished';
  };
}

function whyNeverBegins(notice: Notice, id: number): string | undefined {
  if (notice.event === 'stopping') return 'the server stops, and the reload had not begun';
  return notice.event === 'operation-failed' && notice.operation.ids.includes(id) ? notice.text : undefined;
}

const aborted = (reason: string): Line => ({
  event: 'reload-finished',
  level: 'error',
  outcome: 'aborted',
  reason,
  msg: `reload aborted: ${reason}`,
});
