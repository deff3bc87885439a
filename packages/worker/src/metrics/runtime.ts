/**
 * Figures of the worker's process: event loop, CPU, V8. The reporter sends them; the other end is
 * master/src/metrics/registry.ts. Nothing runs between two reports for figures that Node counts by itself; the delay of
 * the event loop and the collections of garbage are those that it has to be asked to observe.
 */
import {
  constants,
  createHistogram,
  type IntervalHistogram,
  monitorEventLoopDelay,
  type PerformanceEntry,
  PerformanceObserver,
  type RecordableHistogram,
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

/** Milliseconds. Each is a wake-up of the process. */
const RESOLUTION_MS = 20;
const WINDOW_MS = 10_000;
const NS_PER_MS = 1e6;
/** As long as the window. */
const LOOKS_TO_REST = 10;
/** Without a request: what a worker does right after its start takes a second or two. */
const LOOKS_TO_WORK = 4;
/** Part of the time for which a worker at rest may be busy: WebSockets and timers are work as well. */
const LITTLE = 0.1;

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
  readonly #delay: IntervalHistogram;
  readonly #now: () => number;
  readonly #collected = new Map<Kind, Collected>();
  #windowBegan: number;
  #loopDelay: LoopDelay | undefined;

  /** The delays of a worker at rest: whoever looks once a second tells them, and nothing wakes it besides. */
  #atRest: RecordableHistogram | undefined;
  /** A worker that has just begun to serve has had no request: many that start at once would fill a machine with their samples. */
  #isAtRest = true;
  #quietLooks = 0;
  #busyLooks = 0;
  #loop = performance.eventLoopUtilization();
  #cpu = process.cpuUsage();

  /** @param now monotonic milliseconds */
  constructor(delay = monitorEventLoopDelay({ resolution: RESOLUTION_MS }), now = () => performance.now()) {
    this.#delay = delay;
    this.#now = now;
    this.#windowBegan = now();
    new PerformanceObserver((list) => {
      for (const entry of list.getEntries()) this.#collection(entry);
    }).observe({ entryTypes: ['gc'] });
  }

  /**
   * Called at each look of the heartbeat, which is once a second. Ten looks in a row without work, and the delay is sampled no finer
   * than by them, until a request comes, or four looks in a row see other work.
   * @param isQuiet no request has come since the look before, and none is open
   * @param lateMs how late the look was
   * @param busy part of the time for which the worker was busy since then
   */
  look(isQuiet: boolean, lateMs: number, busy = this.#busy()): void {
    const isBusy = busy >= LITTLE;
    this.#quietLooks = isQuiet && !isBusy ? this.#quietLooks + 1 : 0;
    this.#busyLooks = isBusy ? this.#busyLooks + 1 : 0;
    const staysAtRest = this.#isAtRest && isQuiet && this.#busyLooks < LOOKS_TO_WORK;
    const isAtRest = staysAtRest || this.#quietLooks >= LOOKS_TO_REST;
    if (isAtRest !== this.#isAtRest) {
      this.#isAtRest = isAtRest;
      if (isAtRest) this.#delay.disable();
      else this.#delay.enable();
    }
    if (!isAtRest) return;
    this.#atRest ??= createHistogram();
    this.#atRest.record(Math.round((RESOLUTION_MS + lateMs) * NS_PER_MS));
  }

  /**
   * By its event loop or its CPU time, whichever is less: on a machine that is full of other work the loop is busy for as long as it waits
   * for the CPU, and the samples would keep the machine full.
   */
  #busy(): number {
    const loop = performance.eventLoopUtilization();
    const { utilization, active, idle } = performance.eventLoopUtilization(loop, this.#loop);
    const cpu = process.cpuUsage();
    const cpuMs = (cpu.user - this.#cpu.user + cpu.system - this.#cpu.system) / 1_000;
    this.#loop = loop;
    this.#cpu = cpu;
    return Math.min(utilization, cpuMs / (active + idle));
  }

  read(): Runtime {
    const { active, idle } = performance.eventLoopUtilization();
    const { user, system } = process.cpuUsage();
    const heap = v8.getHeapStatistics();
    const openFiles = openFileCount();
    const loopDelay = this.#delayOf(this.#now());
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
    const rest = this.#atRest;
    // In a window of both kinds, the finer samples count.
    const histogram = this.#delay.count > 0 || !rest ? this.#delay : rest;
    if (now - this.#windowBegan >= WINDOW_MS && histogram.count > 0) {
      this.#windowBegan = now;
      const { min, max, mean, stddev } = histogram;
      const percentile = (p: number) => msOf(histogram.percentile(p));
      this.#loopDelay = {
        min: msOf(min),
        max: msOf(Math.max(max, rest?.count ? rest.max : 0)),
        mean: msOf(mean),
        stddev: msOf(stddev),
        p50: percentile(50),
        p90: percentile(90),
        p99: percentile(99),
      };
      this.#delay.reset();
      rest?.reset();
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
