/**
 * Figures of the worker's process: event loop, CPU, V8. The reporter sends them; the other end is
 * master/src/metrics/registry.ts. Nothing runs between two reports for figures that Node counts by itself; the delay of
 * the event loop and the collections of garbage are those that it has to be asked to observe.
 */
import {
  constants,
  type IntervalHistogram,
  monitorEventLoopDelay,
  type PerformanceEntry,
  PerformanceObserver,
} from 'node:perf_hooks';
import v8 from 'node:v8';
import {
  type Collections,
  GC_BOUNDS,
  type GC_KINDS,
  type LoopDelay,
  openFileCount,
  type Runtime,
} from '@tshorn/core';

/** Milliseconds. Each is a wake-up of the process, also of one that has nothing to do. */
const RESOLUTION_MS = 20;
const WINDOW_MS = 10_000;
const NS_PER_MS = 1e6;

type Kind = (typeof GC_KINDS)[number];

const KINDS: ReadonlyMap<number | undefined, Kind> = new Map([
  [constants.NODE_PERFORMANCE_GC_MINOR, 'minor'],
  [constants.NODE_PERFORMANCE_GC_MAJOR, 'major'],
  [constants.NODE_PERFORMANCE_GC_INCREMENTAL, 'incremental'],
  [constants.NODE_PERFORMANCE_GC_WEAKCB, 'weakcb'],
]);

interface Collected {
  readonly counts: number[];
  sumMs: number;
  changed: boolean;
}

export class RuntimeFigures {
  readonly #delay: IntervalHistogram = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  readonly #collected = new Map<Kind, Collected>();
  #windowBegan = performance.now();
  #loopDelay: LoopDelay | undefined;

  constructor() {
    this.#delay.enable();
    new PerformanceObserver((list) => {
      for (const entry of list.getEntries()) this.#collection(entry);
    }).observe({ entryTypes: ['gc'] });
  }

  read(): Runtime {
    const { active, idle } = performance.eventLoopUtilization();
    const { user, system } = process.cpuUsage();
    const heap = v8.getHeapStatistics();
    const openFiles = openFileCount();
    const loopDelay = this.#delayOf(performance.now());
    const gc = this.#changed();
    return {
      loopActiveMs: active,
      loopIdleMs: idle,
      cpuUserMs: user / 1_000,
      cpuSystemMs: system / 1_000,
      heapUsed: heap.used_heap_size,
      heapTotal: heap.total_heap_size,
      heapLimit: heap.heap_size_limit,
      external: heap.external_memory,
      ...(openFiles !== undefined && { openFiles }),
      ...(loopDelay && { loopDelay }),
      ...(gc.length > 0 && { gc }),
    };
  }

  /** Windows end by themselves, and not when somebody looks: all who look see the same. */
  #delayOf(now: number): LoopDelay | undefined {
    const histogram = this.#delay;
    if (now - this.#windowBegan >= WINDOW_MS && histogram.count > 0) {
      this.#windowBegan = now;
      const { min, max, mean, stddev } = histogram;
      const percentile = (p: number) => msOf(histogram.percentile(p));
      this.#loopDelay = {
        min: msOf(min),
        max: msOf(max),
        mean: msOf(mean),
        stddev: msOf(stddev),
        p50: percentile(50),
        p90: percentile(90),
        p99: percentile(99),
      };
      histogram.reset();
    }
    return this.#loopDelay;
  }

  #collection({ duration, detail }: PerformanceEntry & { readonly detail?: unknown }): void {
    const kind = KINDS.get((detail as { readonly kind?: number } | undefined)?.kind);
    if (!kind) return;
    const known = this.#collected.get(kind);
    const collected = known ?? { counts: new Array(GC_BOUNDS.length + 1).fill(0), sumMs: 0, changed: true };
    if (!known) this.#collected.set(kind, collected);
    const at = GC_BOUNDS.findIndex((bound) => duration <= bound * 1_000);
    const bucket = at < 0 ? GC_BOUNDS.length : at;
    (collected.counts[bucket] as number)++;
    collected.sumMs += duration;
    collected.changed = true;
  }

  #changed(): Collections[] {
    return [...this.#collected].flatMap(([kind, collected]) => {
      if (!collected.changed) return [];
      collected.changed = false;
      return [{ kind, counts: [...collected.counts], sumMs: collected.sumMs }];
    });
  }
}

/** Microseconds are enough. */
const msOf = (ns: number): number => Math.round(ns / 1_000) / (NS_PER_MS / 1_000);
