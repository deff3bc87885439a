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

export interface BalanceOrders {
  /** Workers that take part; undefined while an operation is under way, which moves connections itself. */
  eligible(): readonly number[] | undefined;
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
      for (const { from, count } of surplus(counts)) this.#orders.give(from, count);
    }, SETTLE_MS).unref();
  }
}
