/** Attributes the kernel's out-of-memory kills to the workers that end by SIGKILL. */
import { oomKillCount } from './cgroup.ts';

/** The count rises just before the process ends; what is older was somebody else. */
const FRESH_MS = 5_000;

export class OomKills {
  readonly #count: () => number | undefined;
  #last: number | undefined;
  #unclaimed = 0;
  #seenAt = Number.NEGATIVE_INFINITY;

  constructor(count: () => number | undefined = oomKillCount) {
    this.#count = count;
    this.#last = count();
  }

  /**
   * A worker has been killed, and not by us. Returns whether the kernel has killed a process of our group
   * since, for which no other worker has been named. @param at monotonic milliseconds
   */
  claim(at: number): boolean {
    const now = this.#count();
    if (at - this.#seenAt > FRESH_MS) this.#unclaimed = 0;
    if (now !== undefined && this.#last !== undefined && now > this.#last) {
      this.#unclaimed += now - this.#last;
      this.#seenAt = at;
    }
    this.#last = now;
    if (this.#unclaimed === 0) return false;
    this.#unclaimed--;
    return true;
  }
}
