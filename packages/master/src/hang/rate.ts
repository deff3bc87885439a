/** Lets so many pass in so long, and counts the others. Pure. */
export class Rate {
  readonly #most: number;
  readonly #perMs: number;
  /** The times of those that passed in the current span. */
  #taken: number[] = [];
  skipped = 0;

  constructor(most: number, perMs: number) {
    this.#most = most;
    this.#perMs = perMs;
  }

  /** True: one more may pass. Otherwise it is counted. */
  take(now: number): boolean {
    this.#taken = this.#taken.filter((at) => now - at < this.#perMs);
    if (this.#taken.length < this.#most) {
      this.#taken.push(now);
      return true;
    }
    this.skipped++;
    return false;
  }

  skip(count: number): void {
    this.skipped += count;
  }

  takeSkipped(): number {
    const { skipped } = this;
    this.skipped = 0;
    return skipped;
  }
}
