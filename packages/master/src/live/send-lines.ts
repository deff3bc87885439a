/** `GET /logs` of the control socket: the recent lines as NDJSON, and with `?follow=1`, after an empty line, those that come. */
import type { ServerResponse } from 'node:http';
import type { RecentLines } from './recent-lines.ts';

/** Bytes that a reader may leave unread, besides the lines that it gets at first. Further lines are counted and skipped until it has read them all. */
const MOST_UNREAD_BYTES = 1_000_000;
/** Level of the line that says so, as a number of pino's. */
const WARN = 40;

export function sendLines(lines: RecentLines, response: ServerResponse, follow: boolean): void {
  // Its close has been told already: the reader left while this code was being loaded.
  if (response.destroyed) return;
  response.writeHead(200, { 'content-type': 'application/x-ndjson' });
  const text = lines
    .all()
    .map((line) => `${line}\n`)
    .join('');
  if (!follow) return void response.end(text);
  response.flushHeaders();
  const most = MOST_UNREAD_BYTES + Buffer.byteLength(text);
  let skipped = 0;
  const send = (line: string) => {
    // Ended, it stays open until its reader has read all.
    if (response.writableEnded) return;
    if (skipped > 0 || response.writableLength > most) skipped++;
    else response.write(`${line}\n`);
  };
  response.on('drain', () => {
    if (skipped > 0) response.write(`${gap(skipped)}\n`);
    skipped = 0;
  });
  response.once('close', lines.listen(send));
  response.write(`${text}\n`);
}

const gap = (lines: number): string =>
  JSON.stringify({
    level: WARN,
    time: Date.now(),
    event: 'log-lost',
    lines,
    msg: `${lines} log ${lines === 1 ? 'line is' : 'lines are'} left out here: the reader stalled`,
  });
