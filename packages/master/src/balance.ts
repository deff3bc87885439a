/**
 * Keeps connections spread evenly over the workers that serve: after a scale-up or a crash a new worker
 * would otherwise wait until long-lived clients reconnect, and the kernel favours some workers anyway.
 * Only idle connections move, and only when the spread is really uneven, so that nothing goes to and fro.
 */

/** A worker with fewer than this many connections above its share is let be. */
const LEAST_SURPLUS = 4;
/** So is one within this fraction of its share. */
const TOLERANCE = 0.2;
/** Counts come one by one, and moves need a moment to show in them. */
const SETTLE_MS = 500;

export interface Move {
  readonly from: number;
  readonly count: number;
}

/** How many connections should leave which worker. Nothing at all where the spread is even enough. */
export function surplus(counts: ReadonlyMap<number, number>): Move[] {
  if (counts.size < 2) return [];
  const total = [...counts.values()].reduce((sum, count) => sum + count, 0);
  const share = total / counts.size;
  const slack = Math.max(LEAST_SURPLUS, share * TOLERANCE);
  return [...counts].flatMap(([from, count]) =>
    count - share > slack ? [{ from, count: Math.floor(count - share) }] : [],
  );
}

/**
 * What has to move so that these workers have their share at the least: a canary that no client reaches
 * says nothing. The richest give.
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
  return [...moves].map(([from, count]) => ({ from, count }));
}

export interface BalanceOrders {
  /** Workers that take part; undefined while an operation is under way, which moves connections itself. */
  eligible(): readonly number[] | undefined;
  /** Those of them that must have their share, however few connections there are. */
  needy(): readonly number[];
  give(serial: number, count: number): void;
}

export class Balance {
  readonly #orders: BalanceOrders;
  readonly #counts = new Map<number, number>();
  #timer: NodeJS.Timeout | undefined;

  constructor(orders: BalanceOrders) {
    this.#orders = orders;
  }

  /** A worker tells its count when it has changed by a tenth, and when it begins to serve. */
  report(serial: number, count: number): void {
    this.#counts.set(serial, count);
    this.consider();
  }

  gone(serial: number): void {
    this.#counts.delete(serial);
  }

  /** A connection goes from one to the other: the next one should know, before the next report. */
  moving(from: number, to: number): void {
    this.#counts.set(to, this.countOf(to) + 1);
    const left = this.#counts.get(from);
    if (left !== undefined) this.#counts.set(from, left - 1);
  }

  countOf(serial: number): number {
    return this.#counts.get(serial) ?? 0;
  }

  /** Of these workers, the one with the fewest connections. */
  fewest(serials: readonly number[]): number | undefined {
    return serials.reduce<number | undefined>(
      (best, serial) => (best === undefined || this.countOf(serial) < this.countOf(best) ? serial : best),
      undefined,
    );
  }

  /** Soon, once: several reports make one decision. */
  consider(): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      const eligible = this.#orders.eligible();
      if (!eligible) return this.consider();
      const counts = new Map(eligible.map((serial) => [serial, this.countOf(serial)]));
      const needy = this.#orders.needy();
      const moves = needy.length > 0 ? shareFor(needy, counts) : surplus(counts);
      for (const { from, count } of moves) this.#orders.give(from, count);
    }, SETTLE_MS).unref();
  }
}
