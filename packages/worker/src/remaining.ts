/** What a worker that drains still has, and what keeps it: told to the master, so that people need not wait for the end. */
import type http from 'node:http';
import type { AttachedListeners } from './app/listeners.ts';
import { httpSockets, idleSockets, immovableSocket } from './http-internals.ts';
import type { OutgoingMigrations } from './survive/outgoing-migrations.ts';
import type { Survivor } from './survive/registry.ts';

interface Known {
  readonly listeners: Pick<AttachedListeners, 'count'>;
  readonly survivors: ReadonlySet<Survivor>;
  /** Why those stay; absent where nothing moves. */
  readonly outgoing: Pick<OutgoingMigrations, 'whyStays'> | undefined;
}

type Counts = Record<string, number>;

/** How often it is looked at. */
const EVERY_MS = 1_000;
/** In a short grace period it must be known before that is over. */
const PER_GRACE = 6;
const LEAST_MS = 100;

/** By what keeps them: the words of a refusal, or `requests`, `idle`, `upgraded`, and `moving` for those that can go. */
export function remainingOf(
  server: http.Server,
  total: number,
  { survivors, outgoing }: Pick<Known, 'survivors' | 'outgoing'>,
): Counts {
  const counts: Counts = {};
  const add = (reason: string, count = 1) => {
    if (count > 0) counts[reason] = (counts[reason] ?? 0) + count;
  };
  const sockets = httpSockets(server) ?? [];
  const idle = new Set(idleSockets(server));
  const http = new Set(sockets);
  const surviving = new Set<unknown>();
  let outside = 0;
  for (const survivor of outgoing ? survivors : []) {
    surviving.add(survivor.socket);
    if (!http.has(survivor.socket)) outside++;
    add(outgoing?.whyStays(survivor) || 'moving');
  }
  for (const socket of sockets) {
    if (surviving.has(socket)) continue;
    const rests = idle.has(socket) || socket.bytesRead === 0;
    add(rests ? (immovableSocket(socket) ?? 'idle') : 'requests');
  }
  add('upgraded', total - sockets.length - outside);
  return counts;
}

/** Tells it when it has changed, about once a second. Returns what ends that. */
export function tellRemaining(
  server: http.Server,
  known: Known,
  graceMs: number,
  tell: (left: Counts) => void,
): () => void {
  let last = '{}';
  let ended = false;
  const look = async () => {
    const total = await known.listeners.count();
    if (ended) return;
    const left = remainingOf(server, total, known);
    const text = JSON.stringify(left);
    if (text !== last) tell(left);
    last = text;
  };
  const everyMs = Math.max(LEAST_MS, Math.min(EVERY_MS, graceMs / PER_GRACE));
  const timer = setInterval(() => void look(), everyMs).unref();
  return () => {
    ended = true;
    clearInterval(timer);
  };
}
