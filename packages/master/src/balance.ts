/**
 * Keeps connections spread evenly over the workers in service: after a scale-up or a crash a new worker would
 * otherwise wait until long-lived clients reconnect, and the kernel favours some workers anyway. Only idle
 * connections move, and only when the spread is clearly uneven, so that none goes back and forth. Created by Traffic.
 */
import type { View } from './view.ts';

/** A worker may have so many connections above its share, or this fraction of the share. */
const LEAST_SURPLUS = 4;
const TOLERANCE = 0.2;
/**
 * A worker with less than this fraction of its share is a new one. The kernel's favour leaves more to each, and is no
 * reason to move TLS: the new owner encrypts in JavaScript, which costs more for each request until the connection ends.
 */
const NEW_BELOW = 0.5;
/** Counts come one by one, and a move needs a moment to show in them. */
const SOAK_MS = 500;
/** Looks in a row that ask for moves: where requests hardly pause, few connections are at rest at each of them. */
const MOST_LOOKS = 20;
/** A count comes from a process that runs the app: a forged one must not cost the master time. */
const MOST_CONNECTIONS = 1_000_000;

export interface Move {
  readonly from: number;
  readonly count: number;
  /** Connections over TLS, too. */
  readonly encrypted: boolean;
}

/** The number of connections that should leave each worker; empty where the spread is even enough. */
export function surplus(counts: ReadonlyMap<number, number>): Move[] {
  if (counts.size < 2) return [];
  const total = [...counts.values()].reduce((sum, count) => sum + count, 0);
  const share = total / counts.size;
  const slack = Math.max(LEAST_SURPLUS, share * TOLERANCE);
  const encrypted = [...counts.values()].some((count) => count < share * NEW_BELOW);
  return [...counts].flatMap(([from, count]) =>
    count - share > slack ? [{ from, count: Math.floor(count - share), encrypted }] : [],
  );
}

/**
 * The moves that give these workers at least their share: a canary that no client reaches proves nothing. The workers
 * with the most connections give.
 */
export function shareFor(needy: readonly number[], counts: ReadonlyMap<number, number>): Move[] {
  const total = [...counts.values()].reduce((sum, count) => sum + count, 0);
  const share = Math.ceil(total / Math.max(1, counts.size));
  let missing = needy.reduce((sum, serial) => sum + Math.max(0, share - (counts.get(serial) ?? 0)), 0);
  const left = [...counts].filter(([serial]) => !needy.includes(serial));
  const moves = new Map<number, number>();
  for (; missing > 0; missing--) {
    const richest = left.reduce((best, other) => (other[1] > best[1] ? other : best), left[0] ?? [-1, 0]);
    if (richest[1] === 0) break;
    richest[1]--;
    moves.set(richest[0], (moves.get(richest[0]) ?? 0) + 1);
  }
  return [...moves].map(([from, count]) => ({ from, count, encrypted: true }));
}

export interface BalanceOrders {
  readonly view: Pick<View, 'balanced' | 'needy'>;
  /** True when connections of that worker's server can move. */
  isMovable(serial: number): boolean;
  /** @param again the last look has asked for moves as well */
  give(move: Move, again: boolean): void;
}

export class Balance {
  readonly #orders: BalanceOrders;
  /** Connections by serial. */
  readonly #counts = new Map<number, number>();
  #timer: NodeJS.Timeout | undefined;
  #looks = 0;

  constructor(orders: BalanceOrders) {
    this.#orders = orders;
  }

  /** A worker reports its count when it has changed by a tenth, and when it begins to serve. */
  report(serial: number, count: number): void {
    this.#counts.set(serial, Math.min(count, MOST_CONNECTIONS));
    this.consider();
  }

  gone(serial: number): void {
    this.#counts.delete(serial);
  }

  /** A connection moves from one worker to the other: counted at once, before their next reports. */
  moving(from: number, to: number): void {
    this.#counts.set(to, this.countOf(to) + 1);
    const left = this.#counts.get(from);
    if (left !== undefined) this.#counts.set(from, left - 1);
  }

  /** The number of connections that the worker has reported last. */
  countOf(serial: number): number {
    return this.#counts.get(serial) ?? 0;
  }

  /** The worker with the fewest connections; undefined when there is none. */
  fewest(serials: readonly number[]): number | undefined {
    return serials.reduce<number | undefined>(
      (best, serial) => (best === undefined || this.countOf(serial) < this.countOf(best) ? serial : best),
      undefined,
    );
  }

  /** Evens the connections out soon, once for several reports. */
  consider(): void {
    this.#looks = 0;
    this.#lookSoon();
  }

  #lookSoon(): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      const { view, isMovable, give } = this.#orders;
      const balanced = view.balanced();
      // A plan moves connections itself.
      if (!balanced) return this.#lookSoon();
      const counts = new Map(balanced.filter(isMovable).map((serial) => [serial, this.countOf(serial)]));
      const needy = view.needy().filter(isMovable);
      const moves = needy.length > 0 ? shareFor(needy, counts) : surplus(counts);
      for (const move of moves) give(move, this.#looks > 0);
      if (moves.length > 0 && ++this.#looks < MOST_LOOKS) this.#lookSoon();
    }, SOAK_MS).unref();
  }
}
