/**
 * The queue of requests in front of the app: controlled delay and adaptive LIFO as in "Fail at Scale" (B. Maurer, ACM Queue
 * 13/8, 2015, https://queue.acm.org/detail.cfm?id=2839461), which applies CoDel (RFC 8289) to the queue of a server. Pure: the
 * caller has the clock.
 *
 * A queue that has been empty a short while ago is a burst, and its requests have the long limit. One that has not been empty
 * for that long stands: each request would wait as long, for nothing. Then those are dropped that have waited longer than the
 * short limit, and the newest is served first, whose client is the most patient.
 */

export interface Waiting {
  /** When the request reached this machine, on the clock of the caller; an estimate. */
  readonly arrivedAt: number;
  /** True when nobody waits for the answer any more. */
  isGone(): boolean;
}

/** The long limit is so many short ones. The paper has 100 ms and 5 ms, for calls within a data centre. */
export const BURST = 5;

export class DelayQueue<Item extends Waiting> {
  readonly #limitMs: number;
  readonly #onDrop: (item: Item, isGone: boolean) => void;
  #items: Item[] = [];
  /** The oldest that is still there: items before it have left. */
  #head = 0;
  /** When the queue was empty last. */
  #emptyAt = Number.NEGATIVE_INFINITY;

  /** @param onDrop is called for each item that leaves without its turn */
  constructor(limitMs: number, onDrop: (item: Item, isGone: boolean) => void) {
    this.#limitMs = limitMs;
    this.#onDrop = onDrop;
  }

  get length(): number {
    return this.#items.length - this.#head;
  }

  /** The age of the oldest; 0 of an empty queue. */
  oldestMs(now: number): number {
    const oldest = this.#items[this.#head];
    return oldest ? now - oldest.arrivedAt : 0;
  }

  /** The queue has not been empty for longer than the long limit. */
  isStanding(now: number): boolean {
    return this.length > 0 && now - this.#emptyAt > this.#limitMs * BURST;
  }

  push(item: Item, now: number): void {
    if (this.length === 0) this.#emptyAt = now;
    this.#items.push(item);
  }

  /** Takes the one whose turn it is; those that are gone or too old are dropped on the way. */
  take(now: number): Item | undefined {
    for (;;) {
      const item = this.isStanding(now) ? this.#items.pop() : this.#shift();
      if (this.length === 0) this.#clear(now);
      if (item === undefined) return undefined;
      if (item.isGone()) this.#onDrop(item, true);
      // Also while the queue stands: a place is free, and whoever is there has waited for less than a burst may.
      else if (now - item.arrivedAt > this.#limitMs * BURST) this.#onDrop(item, false);
      else return item;
    }
  }

  /** Drops those that have waited for too long. To be called when all have been taken for which there is a place. */
  dropOverdue(now: number): void {
    const limit = this.isStanding(now) ? this.#limitMs : this.#limitMs * BURST;
    while (this.length > 0 && (this.oldestMs(now) > limit || this.#items[this.#head]?.isGone())) {
      const item = this.#shift() as Item;
      this.#onDrop(item, item.isGone());
    }
    if (this.length === 0) this.#clear(now);
  }

  #shift(): Item | undefined {
    if (this.length === 0) return undefined;
    const item = this.#items[this.#head++];
    // Items that have left are forgotten in large parts: moving the rest each time would cost more.
    if (this.#head > 1_000 && this.#head * 2 > this.#items.length) {
      this.#items = this.#items.slice(this.#head);
      this.#head = 0;
    }
    return item;
  }

  #clear(now: number): void {
    this.#items = [];
    this.#head = 0;
    this.#emptyAt = now;
  }
}
