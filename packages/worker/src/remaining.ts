/**
 * The connections that a draining worker still has, by what keeps them: reported while the drain runs, and once when none is
 * left but those that cannot move, or that wait for a worker.
 */
import type { AttachedListeners } from './app/listeners.ts';
import type { OutgoingMigrations } from './migrate/outgoing-migrations.ts';
import type { Migratable } from './migrate/registry.ts';
import type { OtherServers } from './others/other-servers.ts';
import type { Transport } from './transport/transport.ts';

interface Known {
  readonly listeners: Pick<AttachedListeners, 'count'>;
  readonly others: Pick<OtherServers, 'count'>;
  readonly migratables: ReadonlySet<Migratable>;
  /** Knows why those stay; absent where nothing moves. */
  readonly outgoing: Pick<OutgoingMigrations, 'whyStays'> | undefined;
  /** True while no worker can take any of them. */
  readonly waitsForTaker: () => boolean;
}

type Counts = Record<string, number>;

/** Why the connections of the app's other servers do not move. */
export const OTHER_LISTENER = 'other-listener';

/** How many connections there are, upgraded ones too. */
interface All {
  /** Those of the server that tshorn serves. */
  readonly served: number;
  /** Those of the app's other servers. */
  readonly beside: number;
}

const countAll = async ({ listeners, others }: Pick<Known, 'listeners' | 'others'>): Promise<All> => ({
  served: await listeners.count(),
  beside: others.count(),
});

/** Milliseconds between two counts. */
const EVERY_MS = 1_000;
/** In a short grace period this many counts come before its end. */
const PER_GRACE = 6;
const LEAST_MS = 100;

type Connections = Pick<Transport, 'open' | 'idle' | 'eventStreams' | 'immovable' | 'whyImmovable'>;

/**
 * Counts by what keeps a connection: the reason why it cannot move, or `requests`, `event-stream`, `idle`, `upgraded`; and
 * `moving` for connections that can go.
 */
export function remainingOf(
  transport: Connections,
  { served, beside }: All,
  { migratables, outgoing }: Pick<Known, 'migratables' | 'outgoing'>,
): Counts {
  const counts: Counts = {};
  const add = (reason: string, count = 1) => {
    if (count > 0) counts[reason] = (counts[reason] ?? 0) + count;
  };
  const sockets = transport.open();
  const idle = new Set(transport.idle());
  const streams = new Set(transport.eventStreams());
  const http = new Set(sockets);
  const known = new Set<unknown>();
  let outside = 0;
  for (const migratable of outgoing ? migratables : []) {
    known.add(migratable.socket);
    if (!http.has(migratable.socket)) outside++;
    add(outgoing?.whyStays(migratable) || 'moving');
  }
  for (const socket of sockets) {
    if (known.has(socket)) continue;
    if (idle.has(socket)) add(transport.whyImmovable(socket) ?? 'idle');
    else add(streams.has(socket) ? 'event-stream' : 'requests');
  }
  add('upgraded', served - sockets.length - outside);
  add(OTHER_LISTENER, beside);
  return counts;
}

/**
 * Counts the connections that cannot move, by reason.
 * @param total all connections
 * @param movable how many of the upgraded ones can move
 */
export function countImmovable(transport: Connections, total: number, movable: number): Counts {
  const all = transport.immovable();
  if (all) return total > 0 ? { [all]: total } : {};
  const counts: Counts = {};
  for (const socket of transport.open()) {
    // The app has ended it, as after a response with `Connection: close`: it has to go nowhere.
    if (socket.writableEnded) continue;
    const reason = transport.whyImmovable(socket);
    if (reason !== undefined) counts[reason] = (counts[reason] ?? 0) + 1;
  }
  const upgraded = total - transport.open().length - movable;
  return upgraded > 0 ? { ...counts, upgraded } : counts;
}

/** These stay as they are until they are closed: the app has to change, or the client, before they move. */
const STAYS = new Set([
  'upgraded',
  'event-stream',
  'stay',
  'http2',
  'tls',
  'tls-1.2',
  'tls-certificate',
  'tls-cipher',
  'tls-count',
  'tls-fragment',
  'tls-key-update',
  'data-listener',
  'half-closed',
  'deflate',
  'state',
  'no-resumer',
  'unknown-ws',
  'closing',
  OTHER_LISTENER,
]);

/**
 * True when connections are left and none of them can move.
 * @param moves false where nothing moves: there, an idle connection is in its linger
 */
export function isOnlyImmovable(left: Counts, moves: boolean): boolean {
  const reasons = Object.keys(left);
  return reasons.length > 0 && reasons.every((of) => STAYS.has(of) || (of === 'idle' && !moves));
}

/** How soon, and in what part of the time, a worker looks whether it has moved all that can move. */
const LOOK_MS = 50;
const LOOK_SHARE = 0.05;

/**
 * Calls `call` once, when connections are left and none of them can move, or when they wait for a worker: the master may be
 * about to start one.
 * @returns the function that ends it
 */
export function onceOnlyImmovable(transport: Connections, known: Known, call: () => void): () => void {
  let timer: NodeJS.Timeout | undefined;
  let ended = false;
  const look = async () => {
    const counts = await countAll(known);
    if (ended) return;
    const start = performance.now();
    const moves = known.outgoing !== undefined;
    if (known.waitsForTaker() || isOnlyImmovable(remainingOf(transport, counts, known), moves)) return call();
    const tookMs = performance.now() - start;
    timer = setTimeout(look, Math.max(LOOK_MS, tookMs / LOOK_SHARE)).unref();
  };
  timer = setTimeout(look, LOOK_MS).unref();
  return () => {
    ended = true;
    clearTimeout(timer);
  };
}

/**
 * Reports the counts when they have changed, about once a second.
 * @returns the function that ends it
 */
export function reportRemaining(
  transport: Connections,
  known: Known,
  graceMs: number,
  report: (left: Counts) => void,
): () => void {
  let last = '{}';
  let ended = false;
  const look = async () => {
    const counts = await countAll(known);
    if (ended) return;
    const left = remainingOf(transport, counts, known);
    const text = JSON.stringify(left);
    if (text !== last) report(left);
    last = text;
  };
  const everyMs = Math.max(LEAST_MS, Math.min(EVERY_MS, graceMs / PER_GRACE));
  const timer = setInterval(() => void look(), everyMs).unref();
  return () => {
    ended = true;
    clearInterval(timer);
  };
}
