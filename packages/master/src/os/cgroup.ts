/**
 * The kernel's count of the processes in the control group of the master that the out-of-memory killer has ended. Linux
 * only.
 * https://docs.kernel.org/admin-guide/cgroup-v2.html, https://docs.kernel.org/admin-guide/cgroup-v1/memory.html
 */
import { type ReadText, readText, textsInCgroup } from '@tshorn/core';

const EVENTS = { 1: 'memory.oom_control', 2: 'memory.events' } as const;

/** How many processes of the group the out-of-memory killer has ended; undefined where the kernel does not count. */
export function oomKillCount(read: ReadText = readText): number | undefined {
  const counts = textsInCgroup('memory', EVENTS, read).map((text) => /^oom_kill (\d+)$/m.exec(text)?.[1]);
  const count = counts.find((found) => found !== undefined);
  return count === undefined ? undefined : Number(count);
}

/** The count rises just before the process ends: an older kill was that of another process. */
const FRESH_MS = 5_000;

/** Attributes the kernel's out-of-memory kills to the workers that end by SIGKILL. */
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
   * Called when a worker was killed by another process than the master. True: the kernel has killed a process of the
   * group, and no other worker has claimed that kill.
   * @param at monotonic milliseconds
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
