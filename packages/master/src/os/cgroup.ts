/**
 * The kernel's figures of memory in the control group of the master and its workers: the limit, and how many
 * processes the out-of-memory killer has ended. Linux only.
 * https://docs.kernel.org/admin-guide/cgroup-v2.html, https://docs.kernel.org/admin-guide/cgroup-v1/memory.html
 */
import os from 'node:os';
import path from 'node:path';
import { cgroupOf, type ReadText, readText } from '@tshorn/core';

const LIMIT = { 1: 'memory.limit_in_bytes', 2: 'memory.max' } as const;
const EVENTS = { 1: 'memory.oom_control', 2: 'memory.events' } as const;

/** The texts of a file in the own group and in all groups above it, the nearest first. */
function textsOf(file: typeof LIMIT | typeof EVENTS, read: ReadText): string[] {
  const group = cgroupOf('memory', read);
  return (group?.directories ?? []).map((it) => read(path.join(it, file[group?.version ?? 2])) ?? '');
}

/** The smallest limit in bytes of these groups; undefined where none is below what the machine has. */
export function memoryLimit(machineBytes = os.totalmem(), read: ReadText = readText): number | undefined {
  const limits = textsOf(LIMIT, read)
    .map((text) => Number.parseInt(text, 10))
    // Version 2 writes "no limit" as `max`, version 1 as a number beyond all memory.
    .filter((bytes) => bytes > 0 && bytes < machineBytes);
  return limits.length > 0 ? Math.min(...limits) : undefined;
}

/** How many processes of the group the out-of-memory killer has ended; undefined where the kernel does not count. */
export function oomKillCount(read: ReadText = readText): number | undefined {
  const counts = textsOf(EVENTS, read).map((text) => /^oom_kill (\d+)$/m.exec(text)?.[1]);
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
