/** At most so many in so long, and how many were left out. Pure. */
export class Rate {
  readonly #most: number;
  readonly #perMs: number;
  /** When those of the current span were taken. */
  #taken: number[] = [];
  skipped = 0;

  constructor(most: number, perMs: number) {
    this.#most = most;
    this.#perMs = perMs;
  }

  /** Whether one more is allowed; if not, it is counted. */
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
