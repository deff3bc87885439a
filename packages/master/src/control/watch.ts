/**
 * What a client sees of an operation: its notices as NDJSON, one line each, in the fields of the log. Who
 * watches changes nothing: a client that goes away, or reads nothing, is forgotten.
 */
import type { ServerResponse } from 'node:http';
import type { Notice } from '../decide/notice.ts';
import { fieldsOf, textOf } from '../journal.ts';
import type { Controlled } from './controlled.ts';

/** What a client may leave unread before it is dropped. */
const MOST_UNREAD_BYTES = 1_000_000;

export type Line = Readonly<Record<string, unknown>> & { readonly event: string };

/** A notice as a line: what the log says of it, with the level as a word. */
export const lineOf = (notice: Notice): Line => ({
  ...fieldsOf(notice),
  event: notice.event,
  level: notice.level,
  msg: textOf(notice),
});

/** Called for each notice; returns true when it was the last one. */
export type Picker = (notice: Notice, send: (line: Line) => void) => boolean;

/** Streams until `pick` says that it is over. The request itself is made by `ask`, after the watch has begun. */
export function watch(master: Controlled, response: ServerResponse, pick: Picker): (line: Line) => void {
  response.writeHead(200, { 'content-type': 'application/x-ndjson' });
  response.flushHeaders();
  const send = (line: Line) => {
    response.write(`${JSON.stringify({ time: Date.now(), ...line })}\n`);
    if (response.writableLength > MOST_UNREAD_BYTES) response.destroy();
  };
  const look = (notice: Notice) => {
    if (pick(notice, send)) response.end();
  };
  master.on('notice', look);
  response.once('close', () => master.off('notice', look));
  return send;
}

/**
 * The reload that serves a request is the first one that begins after it: requests that wait share it. Its
 * last line is the verdict, also when the master stops before it has begun.
 */
export function pickReload(onBegun: (generation: number) => void): Picker {
  let generation: number | undefined;
  let over = false;
  return (notice, send) => {
    if (over) return false;
    if (notice.event === 'reload-started' && generation === undefined) {
      generation = notice.generation;
      onBegun(generation);
    }
    if (generation === undefined) {
      over = notice.event === 'stopping';
      if (over) send(neverBegun());
      return over;
    }
    send(lineOf(notice));
    over = notice.event === 'reload-finished' && notice.generation === generation;
    return over;
  };
}

const neverBegun = (): Line => {
  const reason = 'the master stops, and the reload had not begun';
  return {
    event: 'reload-finished',
    level: 'error',
    outcome: 'aborted',
    reason,
    msg: `reload aborted: ${reason}`,
  };
};
