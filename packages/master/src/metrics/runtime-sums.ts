/** Arithmetic of what the processes of workers have used. Pure; nothing is changed in place. */
import { type Collections, GC_BOUNDS, type Runtime } from '@tshorn/core';
import { addCounts, exactMs, higherCounts } from './series-sums.ts';

export type GcSums = ReadonlyMap<Collections['kind'], Omit<Collections, 'kind'>>;

/** Figures that only rise, in milliseconds. */
const RISING = ['loopActiveMs', 'loopIdleMs', 'cpuUserMs', 'cpuSystemMs'] as const;

export type RuntimeSums = Readonly<Record<(typeof RISING)[number], number>> & { readonly gc: GcSums };

export const noRuntime = (): RuntimeSums => ({
  loopActiveMs: 0,
  loopIdleMs: 0,
  cpuUserMs: 0,
  cpuSystemMs: 0,
  gc: new Map(),
});

const combined = (
  one: RuntimeSums,
  other: Pick<Runtime, (typeof RISING)[number]>,
  gc: GcSums,
  combine: (one: number, other: number) => number,
): RuntimeSums => ({
  loopActiveMs: combine(one.loopActiveMs, other.loopActiveMs),
  loopIdleMs: combine(one.loopIdleMs, other.loopIdleMs),
  cpuUserMs: combine(one.cpuUserMs, other.cpuUserMs),
  cpuSystemMs: combine(one.cpuSystemMs, other.cpuSystemMs),
  gc,
});

const add = (one: number, other: number) => one + other;

export const addRuntime = (one: RuntimeSums, other: RuntimeSums): RuntimeSums => {
  const gc = new Map(one.gc);
  for (const [kind, { counts, sumMs }] of other.gc) {
    const before = gc.get(kind) ?? NONE;
    gc.set(kind, { counts: addCounts(before.counts, counts), sumMs: before.sumMs + sumMs });
  }
  return combined(one, other, gc, add);
};

/** Of two reports of one worker: nothing that only rises falls. */
export const higherRuntime = (before: RuntimeSums, now: Runtime): RuntimeSums => {
  const gc = new Map(before.gc);
  for (const { kind, counts, sumMs } of now.gc ?? []) {
    const known = gc.get(kind) ?? NONE;
    gc.set(kind, {
      counts: higherCounts(known.counts, counts),
      sumMs: Math.max(known.sumMs, exactMs(sumMs)),
    });
  }
  return combined(before, now, gc, (known, reported) => Math.max(known, exactMs(reported)));
};

const NONE: Omit<Collections, 'kind'> = { counts: new Array<number>(GC_BOUNDS.length + 1).fill(0), sumMs: 0 };
