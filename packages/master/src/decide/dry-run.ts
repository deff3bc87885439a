/**
 * A reload that is described and not done: its steps in words, the number of workers meanwhile, and the time and memory
 * that it takes, by the figures of the present workers. Pure.
 */
import type { ReloadPlan } from '@tshorn/core';
import { mostAtOnce, type Plan, type ReloadShape, reloadPlan, type Slots, type Step } from './plan.ts';
import { type BootFigures, describeSurge, type Room } from './surge.ts';

/** The figures of the present workers. */
export interface Known {
  readonly size: number;
  /** Generation that the reload would make. */
  readonly generation: number;
  readonly shape: ReloadShape;
  /** Those of each worker. */
  readonly boots: readonly BootFigures[];
  /** Where `auto` chooses. */
  readonly room?: Room;
  /** Resident bytes of each worker; undefined where the system does not report them. */
  readonly residentBytes: readonly number[] | undefined;
  /** Longest comparison of a canary, in milliseconds. */
  readonly canaryMs: number;
  /** Milliseconds that a drain may take. */
  readonly graceMs: number;
}

export interface DryRunStep {
  readonly do: Step['do'];
  readonly slots?: Slots;
  /** The step in words. */
  readonly text: string;
}

export interface DryRun {
  readonly plan: ReloadPlan;
  readonly size: number;
  readonly generation: number;
  readonly steps: readonly DryRunStep[];
  /** The least number of workers that serve at any moment. */
  readonly leastReady: number;
  /** The highest number of processes that serve or are about to. */
  readonly mostInService: number;
  /** The highest number of processes, parked ones included. */
  readonly mostProcesses: number;
  /** Number of workers that may boot at a time. */
  readonly parallelism: number;
  /** The highest number that boots at a time in this plan. */
  readonly atOnce: number;
  /** The choice of `--max-surge auto` at this moment, and its figures. */
  readonly auto?: string;
  /** Bytes; absent where the size of a worker is not known. Pages that workers share count for each. */
  readonly memory?: { readonly perWorker: number; readonly now: number; readonly most: number };
  /** Milliseconds; absent where no worker has booted yet. */
  readonly time?: {
    /** Boot time of one worker. */
    readonly bootMs: number;
    readonly booting: number;
    readonly soak: number;
    /** Upper limit. */
    readonly canary: number;
    readonly total: number;
  };
  /** Milliseconds that each drain may take on top of `time`; connections that can move take moments. */
  readonly graceMs: number;
  /** True when connections that cannot move are waited for once, and not in each drain. */
  readonly sideBySide: boolean;
}

export function dryRun(known: Known): DryRun {
  const { size, generation, shape, graceMs } = known;
  const plan = reloadPlan(size, generation, shape);
  const counts = countOf(plan, size);
  const perWorker = mean(known.residentBytes ?? []);
  const now = (known.residentBytes ?? []).reduce((sum, bytes) => sum + bytes, 0);
  const time = timeOf(plan, known);
  const atOnce = mostAtOnce(plan, shape.parallelism);
  return {
    plan: shape.kind,
    size,
    generation,
    steps: plan.map((step) => ({
      do: step.do,
      ...('slots' in step && { slots: step.slots }),
      text: inWords(step, known),
    })),
    ...counts,
    parallelism: shape.parallelism,
    atOnce,
    ...(known.room && { auto: describeSurge(atOnce, known.boots, known.room) }),
    ...(perWorker !== undefined && {
      memory: { perWorker, now, most: Math.round(perWorker * counts.mostProcesses) },
    }),
    ...(time && { time }),
    graceMs,
    sideBySide: plan.some((step) => step.do === 'await-drains'),
  };
}

const mean = (values: readonly number[]): number | undefined =>
  values.length === 0 ? undefined : Math.round(values.reduce((sum, value) => sum + value, 0) / values.length);

/** Counts workers along the plan, when nothing goes wrong. */
function countOf(plan: Plan, size: number) {
  let ready = size;
  let serving = size;
  let parked = 0;
  const most = { leastReady: size, mostInService: size, mostProcesses: size };
  for (const step of plan) {
    if (step.do === 'boot') serving += step.slots.length;
    if (step.do === 'admit') ready += step.slots.length;
    if (step.do === 'drain') {
      ready -= step.slots.length;
      serving -= step.slots.length;
      if (step.park) parked += step.slots.length;
    }
    most.leastReady = Math.min(most.leastReady, ready);
    most.mostInService = Math.max(most.mostInService, serving);
    most.mostProcesses = Math.max(most.mostProcesses, serving + parked);
    if (step.do === 'release') parked = 0;
  }
  return most;
}

function timeOf(plan: Plan, { shape, boots, canaryMs }: Known): DryRun['time'] {
  const bootMs = mean(boots.flatMap((boot) => boot.bootMs ?? []));
  if (bootMs === undefined) return undefined;
  let booting = 0;
  let soak = 0;
  let canary = 0;
  for (const step of plan) {
    // A worker that waits for its turn starts as soon as another one has booted.
    if (step.do === 'boot') {
      booting += Math.ceil(step.slots.length / (step.atOnce ?? shape.parallelism)) * bootMs;
    }
    if (step.do === 'soak') soak += step.ms;
    if (step.do === 'watch') canary += canaryMs;
  }
  return { bootMs, booting, soak, canary, total: booting + soak + canary };
}

/** One step of a reload, in the words of docs/reload.md. */
function inWords(step: Step, { shape, canaryMs }: Known): string {
  switch (step.do) {
    case 'boot': {
      const who = step.slots.length === 1 ? 'a worker' : `${step.slots.length} workers`;
      const wait = step.slots.length === 1 ? 'it waits until it has' : 'they wait until all have';
      const { atOnce = shape.parallelism } = step;
      const few = step.slots.length > atOnce ? `, ${atOnce} at a time` : '';
      return `boot ${who} of the new generation for ${namesOf(step.slots)}${few}; ${wait} passed the probe`;
    }
    case 'admit':
      return step.slots.length === 1
        ? 'admit it: it accepts connections'
        : 'admit them: they accept connections';
    case 'drain': {
      const one = step.slots.length === 1;
      const who = `drain the old ${one ? 'worker' : 'workers'} of ${namesOf(step.slots)}, whose connections move`;
      return step.beside ? who : `${who}; ${one ? 'it leaves' : 'they leave'}`;
    }
    case 'await-drains':
      return 'await the drains: connections that cannot move have ended, the old workers are parked';
    case 'watch':
      return `watch: the canary is compared with the old workers, for ${seconds(canaryMs)} at most`;
    case 'soak':
      return `soak: every new worker has served for ${seconds(step.ms)} without a crash`;
    case 'approve':
      return 'approve: the hook onCommit may refuse';
    case 'commit':
      return 'commit: from here on a crash brings back the new release';
    case 'release':
      return shape.park ? 'release: the parked workers leave' : 'release: old workers that are left leave';
    default:
      return step.do;
  }
}

const seconds = (ms: number): string => `${ms / 1000} s`;

/** `slot 0`, `slots 1 and 2`, `slots 0 to 7`. */
function namesOf(slots: Slots): string {
  const [first, last] = [slots[0], slots.at(-1)];
  if (slots.length === 1) return `slot ${first}`;
  return slots.length === 2 ? `slots ${first} and ${last}` : `slots ${first} to ${last}`;
}
