/**
 * Reports when V8's heap stays near its limit after a full collection (`--heap-guard`). Created by the heartbeat, which
 * looks once a second; the other end is master/src/recycling/due.ts.
 *
 * Garbage that has not been collected does not count, and V8 tells what is left only at a collection. So collections are
 * watched, but only while the heap is used so far that the next one may matter: until then a look costs microseconds.
 */
import type { PerformanceEntry } from 'node:perf_hooks';
import v8 from 'node:v8';
import type { HeapFigures } from '@tshorn/core';

/** Collections are watched from this part of the guard on: a fast leak fills the rest between two looks. */
const WATCHED_FROM = 0.75;

/**
 * V8 ends the process as well after four full collections in a row, above 80 % of its limit, that left little time between
 * them ("Ineffective mark-compacts near heap limit", src/heap/heap.cc). A worker needs time to leave before that.
 */
const INEFFECTIVE_FROM = 0.75;
/** The part of the time that a collection took: V8 takes 0.6 for too much. */
const TOO_MUCH = 0.5;
/** Ineffective collections in a row. */
const TOO_OFTEN = 2;

export class HeapGuard {
  readonly #limit: number;
  readonly #guard: number;
  readonly #onReached: () => void;
  #observer: { disconnect(): void } | undefined;
  /** When the last full collection ended, as of `performance.now()`, and how many in a row have been ineffective. */
  #endedAt = 0;
  #ineffective = 0;
  /** As the last full collection left the heap, while that is above the guard. */
  figures: HeapFigures | undefined;

  /**
   * @param percent `--heap-guard`, above 0
   * @param onReached called at once when a full collection leaves the heap above the guard, or fuller than before
   */
  constructor(percent: number, limit: number, onReached: () => void) {
    this.#limit = limit;
    this.#guard = (limit * percent) / 100;
    this.#onReached = onReached;
  }

  look(): void {
    const isNear = v8.getHeapStatistics().used_heap_size > this.#guard * WATCHED_FROM;
    if (isNear === (this.#observer !== undefined)) return;
    if (isNear) return this.#watch();
    this.#observer?.disconnect();
    this.#observer = undefined;
    this.figures = undefined;
  }

  #watch(): void {
    // Set before the import settles: the next look may come first.
    let isOver = false;
    this.#observer = { disconnect: () => (isOver = true) };
    void import('node:perf_hooks').then(({ PerformanceObserver, constants }) => {
      if (isOver) return;
      const isFull = (entry: PerformanceEntry & { readonly detail?: unknown }) =>
        (entry.detail as { readonly kind?: number } | undefined)?.kind ===
        constants.NODE_PERFORMANCE_GC_MAJOR;
      const observer = new PerformanceObserver((list) => {
        const full = list.getEntries().filter(isFull);
        if (full.length > 0) this.#collected(oldBytes(), full);
      });
      observer.observe({ entryTypes: ['gc'] });
      this.#observer = observer;
    });
  }

  #collected(used: number, collections: readonly PerformanceEntry[]): void {
    for (const { startTime, duration } of collections) {
      const isIneffective = duration > TOO_MUCH * (startTime + duration - this.#endedAt);
      this.#ineffective = isIneffective ? this.#ineffective + 1 : 0;
      this.#endedAt = startTime + duration;
    }
    const isCollecting = used > this.#limit * INEFFECTIVE_FROM && this.#ineffective >= TOO_OFTEN;
    const before = this.figures;
    const figures = { used, limit: this.#limit, ...(isCollecting && ({ isCollecting } as const)) };
    this.figures = used >= this.#guard || isCollecting ? figures : undefined;
    if (this.figures && used > (before?.used ?? 0)) this.#onReached();
  }
}

/** The young generation is left out: it has room of its own, and a collection may be followed by a little garbage there. */
const oldBytes = (): number =>
  v8
    .getHeapSpaceStatistics()
    .filter(({ space_name }) => !space_name.startsWith('new_'))
    .reduce((sum, { space_used_size }) => sum + space_used_size, 0);
