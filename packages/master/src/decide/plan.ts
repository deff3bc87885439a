/**
 * A reload, a recycle or a change of size as data: a list of steps that the master carries out in order. Pure. steps.ts
 * carries a step out, and rollback.ts handles its failure.
 */
import { portion, type ReloadPlan, type Share } from '@tshorn/core';

export type Slots = readonly number[];

export type Step =
  /** Start a worker of this generation for each slot, and go on when all of them have passed their probe. */
  | {
      readonly do: 'boot';
      readonly slots: Slots;
      readonly generation: number;
      /** The number that may boot at a time; absent: the machine's parallelism. */
      readonly atOnce?: number;
    }
  /** Let them in, and go on when they are in service. */
  | { readonly do: 'admit'; readonly slots: Slots }
  /**
   * Drain the older workers in the slots, and go on when they are parked, or gone. `beside`: go on as soon as nothing is left
   * of them but connections that cannot move; a step `await-drains` follows.
   */
  | { readonly do: 'drain'; readonly slots: Slots; readonly park: boolean; readonly beside?: true }
  /** Go on when the older workers in the slots are parked, or gone. */
  | { readonly do: 'await-drains'; readonly slots: Slots }
  /** Compare the new workers with the old ones under real traffic, and go on when they are as good. */
  | { readonly do: 'watch'; readonly slots: Slots }
  /** Go on when the youngest new worker has served for this time. */
  | { readonly do: 'soak'; readonly ms: number }
  /** Ask the hook `onCommit`, which may refuse. */
  | { readonly do: 'approve' }
  /** From here on the new generation is what a crash brings back. */
  | { readonly do: 'commit' }
  /** Let the older workers go: the parked ones, or all. `beside`: go on at once, and leave their drain to themselves. */
  | { readonly do: 'release'; readonly beside?: true }
  /** From here on this many slots are looked after. */
  | { readonly do: 'resize'; readonly to: number }
  /** Start a worker in each slot, side by side, let each in when it has passed its probe, and count it when it serves. */
  | { readonly do: 'grow'; readonly slots: Slots; readonly generation: number }
  /** Step of a rollback: older workers, parked or draining, serve again. */
  | { readonly do: 'readmit'; readonly slots: Slots }
  /** Step of a rollback: drain the new workers, and go on when they are gone. */
  | { readonly do: 'withdraw'; readonly slots: Slots };

export type Plan = readonly Step[];

/** The manner of a reload. */
export interface ReloadShape {
  readonly kind: ReloadPlan;
  /** Number of workers beyond N that may exist at a time; undefined: the plan's own number. */
  readonly maxSurge: Share | 'auto' | undefined;
  /** The number that fits the machine (surge.ts); absent: 1. */
  readonly auto?: number;
  /** Number of workers that may be missing at a time. */
  readonly maxUnavailable: Share;
  /** Drained workers are kept until the commit. */
  readonly park: boolean;
  /** Milliseconds that the youngest new worker has to serve without a crash. */
  readonly soakMs: number;
  /** True: a reload is over as soon as the new workers serve, and the older ones drain by themselves. */
  readonly drainsBeside: boolean;
  /** Processes that may boot at a time without starving those that serve: the machine's parallelism. */
  readonly parallelism: number;
}

/** Start-first replacement of one slot: capacity never falls below what it was. */
export const replaceSlot = (slot: number, generation: number): Plan => [
  { do: 'boot', slots: [slot], generation },
  { do: 'admit', slots: [slot] },
  { do: 'drain', slots: [slot], park: false },
];

/** For a machine without room for both: the slot is empty until the new worker serves. */
export const drainSlotFirst = (slot: number, generation: number): Plan => [
  { do: 'drain', slots: [slot], park: false },
  { do: 'boot', slots: [slot], generation },
  { do: 'admit', slots: [slot] },
];

/** From `from` slots to `to`: each new one is in service before it counts; the old ones drain, side by side. */
export function resize(from: number, to: number, generation: number): Plan {
  const steps: Step[] = [];
  for (let slot = from; slot < to; slot++) {
    steps.push(
      { do: 'boot', slots: [slot], generation },
      { do: 'admit', slots: [slot] },
      { do: 'resize', to: slot + 1 },
    );
  }
  for (let slot = from - 1; slot >= to; slot--) {
    steps.push({ do: 'resize', to: slot }, { do: 'drain', slots: [slot], park: false, beside: true });
  }
  const removed = slotsBetween(to, from);
  return removed.length > 0 ? [...steps, { do: 'await-drains', slots: removed }] : steps;
}

/** The same for a load that has risen: they boot side by side, and none waits for another one. */
export const growSlots = (from: number, to: number, generation: number): Plan => [
  { do: 'grow', slots: slotsBetween(from, to), generation },
];

/** The slots from `from` to below `to`. */
const slotsBetween = (from: number, to: number): Slots =>
  Array.from({ length: Math.max(0, to - from) }, (_, at) => from + at);

/** Replaces every slot by the new generation, in the way that the shape asks for. */
export function reloadPlan(size: number, generation: number, shape: ReloadShape): Plan {
  const slots = slotsBetween(0, size);
  const { surge, missing } = pace(size, shape);
  const hasCanary = shape.kind === 'canary';
  const canary = hasCanary ? canarySteps(surge === 0, generation, shape.park) : [];
  const isAuto = usesAuto(shape);
  // A release that does not start costs the boot of one worker, and not of many.
  const alone = shape.kind === 'rolling' && isAuto && missing === 0 ? 1 : 0;
  const later = slots.slice(hasCanary ? 1 : alone);
  const batches = [...(alone > 0 ? [[0]] : []), ...inBatches(later, surge + missing)];
  const atOnce = isAuto && autoOf(shape) > 1 ? autoOf(shape) : undefined;
  const replaced = [
    ...canary,
    ...batches.flatMap((batch) => replace(batch, missing, { generation, park: shape.park, atOnce })),
  ];
  const judged: Step[] = [{ do: 'soak', ms: shape.soakMs }, { do: 'approve' }, { do: 'commit' }];
  // Where an older worker has to leave first, its end has to be awaited.
  if (shape.drainsBeside && surge > 0 && missing === 0) {
    return [...replaced.filter((step) => step.do !== 'drain'), ...judged, { do: 'release', beside: true }];
  }
  return [
    ...replaced,
    ...(shape.park ? [{ do: 'await-drains', slots } as const] : []),
    ...judged,
    { do: 'release' },
  ];
}

/** The highest number of workers that boot at a time in a plan; less than the shape allows where a batch is smaller. */
export const mostAtOnce = (plan: Plan, parallelism: number): number =>
  plan.reduce(
    (most, step) =>
      step.do === 'boot' ? Math.max(most, Math.min(step.slots.length, step.atOnce ?? parallelism)) : most,
    0,
  );

/** Slot 0: it drains after its new worker has been watched, or before where there is no room for both. */
function canarySteps(noRoom: boolean, generation: number, park: boolean): Step[] {
  const drain = drainOf([0], park);
  const watched: Step[] = [
    { do: 'boot', slots: [0], generation },
    { do: 'admit', slots: [0] },
    { do: 'watch', slots: [0] },
  ];
  return noRoom ? [drain, ...watched] : [...watched, drain];
}

/** The numbers of workers beyond N and below N that are allowed at a time; one of them is at least 1. */
function pace(size: number, shape: ReloadShape) {
  const { kind, maxSurge, maxUnavailable, parallelism } = shape;
  const usual = { rolling: 1, canary: parallelism, overlap: size, replace: 0 }[kind];
  const auto = kind === 'overlap' ? size : autoOf(shape);
  const share = maxSurge === 'auto' ? { count: auto } : maxSurge;
  const allowed = share === undefined ? usual : portion(share, size, 'up');
  const surge = Math.min(size, kind === 'replace' ? 0 : allowed);
  const unavailable = portion(maxUnavailable, size, 'down');
  const missing = Math.min(size, surge === 0 ? Math.max(1, unavailable) : unavailable);
  return { surge, missing };
}

const autoOf = ({ auto = 1 }: ReloadShape): number => auto;

/** The plan depends on what the machine has room for. */
export const usesAuto = ({ kind, maxSurge }: Pick<ReloadShape, 'kind' | 'maxSurge'>): boolean =>
  maxSurge === 'auto' && kind !== 'replace';

interface Manner {
  readonly generation: number;
  readonly park: boolean;
  readonly atOnce: number | undefined;
}

/** The first `missing` slots are drained before their new workers boot, the others after they serve. */
function replace(slots: Slots, missing: number, { generation, park, atOnce }: Manner): Step[] {
  const first = slots.slice(0, missing);
  const later = slots.slice(missing);
  const drain = (which: Slots): Step[] => (which.length > 0 ? [drainOf(which, park)] : []);
  const boot = { do: 'boot', slots, generation, ...(atOnce !== undefined && { atOnce }) } as const;
  return [...drain(first), boot, { do: 'admit', slots }, ...drain(later)];
}

/**
 * A parked worker stays until the commit anyhow, so one that still drains takes no more room. Without parking each process
 * has to be gone before the next one starts.
 */
const drainOf = (slots: Slots, park: boolean): Step => ({
  do: 'drain',
  slots,
  park,
  ...(park && { beside: true }),
});

function inBatches(slots: Slots, size: number): Slots[] {
  const batches: Slots[] = [];
  for (let at = 0; at < slots.length; at += size) batches.push(slots.slice(at, at + size));
  return batches;
}
