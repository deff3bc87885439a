/**
 * `/events` of the control socket and of the admin listener: snapshots and notices as server-sent events
 * (https://html.spec.whatwg.org/multipage/server-sent-events.html). A reader that does not read is dropped. The snapshot
 * of each second is also the sign that the connection lives.
 */
import type { ServerResponse } from 'node:http';
import { writeTo } from '../control/watch.ts';
import { lineOf } from '../journal.ts';
import type { History } from './history.ts';
import type { Live } from './live.ts';
import type { Snapshot } from './snapshot.ts';

/** Readers at once, of both sockets together; what is written for one is written for all. */
export const MOST_READERS = 64;
/** Milliseconds after which a browser connects again. */
const RETRY_MS = 1_000;

/** The text of the last snapshot: made once for all readers. */
const texts = new WeakMap<Snapshot, string>();

/**
 * Streams until the reader leaves. The first event is a snapshot, at once.
 * @param history also sends it, and then what is added to it
 * @returns false where there are too many readers; nothing is written then
 */
export function sendEvents(live: Live, response: ServerResponse, history?: History): boolean {
  // Its close, which ends the listening, has been told already: the reader left while this code was being loaded.
  if (response.destroyed) return true;
  if (live.listeners >= MOST_READERS) return false;
  response.writeHead(200, {
    'content-type': 'text/event-stream',
    'cache-control': 'no-store',
    // A proxy that collects the answer would show nothing for minutes.
    'x-accel-buffering': 'no',
  });
  let id = 0;
  const send = (event: string, data: string) => {
    id++;
    writeTo(response, `id: ${id}\nevent: ${event}\ndata: ${data}\n\n`);
  };
  let version = 0;
  const sendHistory = () => {
    const more = history?.since(version);
    if (!more) return;
    version = more.version;
    send('history', JSON.stringify(more));
  };
  response.write(`retry: ${RETRY_MS}\n\n`);
  const end = live.listen({
    snapshot: (snapshot) => {
      send('snapshot', textOf(snapshot));
      sendHistory();
    },
    notice: (notice) => send('notice', JSON.stringify({ time: Date.now(), ...lineOf(notice) })),
    line: ({ time, event, worker, gen, pid, level, msg }) =>
      send('notice', JSON.stringify({ time, event, worker, gen, pid, level, msg })),
  });
  response.once('close', end);
  send('snapshot', textOf(live.snapshot()));
  sendHistory();
  return true;
}

function textOf(snapshot: Snapshot): string {
  const text = texts.get(snapshot) ?? JSON.stringify(snapshot);
  texts.set(snapshot, text);
  return text;
}
