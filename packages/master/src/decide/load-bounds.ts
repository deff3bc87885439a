/** How many workers there may be, whatever the load asks for, and why not more. Pure. */
import type { WorkerRange } from '@tshorn/core';

/** The limits of the number of workers, at one look. */
export interface Limits {
  /** Monotonic milliseconds. */
  readonly at: number;
  readonly range: WorkerRange;
  /** Workers that serve, and those that boot: the number that is there soon. */
  readonly coming: number;
  /** CPUs that the workers use, and those that they may use. */
  readonly cpuUsed: number;
  readonly cpus: number;
  /** The number of further workers that the memory has room for; undefined where nothing limits it. */
  readonly room: number | undefined;
}

export const HELD_REASONS = ['max', 'cpu', 'memory', 'failures'] as const;
export type HeldReason = (typeof HELD_REASONS)[number];

export interface Held {
  readonly reason: HeldReason;
  /** The number of workers that it lets be. */
  readonly to: number;
  readonly text: string;
}

/** Workers that use this part of the CPUs gain nothing from another one. */
const ALL_USED = 0.95;

export interface Bounds {
  readonly max: number;
  /** The words for a maximum that follows the CPUs. */
  readonly by: string;
  /** Why there may be fewer than `wish`; undefined where nothing speaks against it. */
  heldAt(wish: number, pausedUntil: number): Held | undefined;
  most(wish: number): Held;
}

export function boundsOf({ at, range, coming, cpuUsed, cpus, room }: Limits): Bounds {
  // A quota that lets half a worker run lets one run.
  const usable = Math.max(1, Math.floor(cpus));
  const max = range.auto ? Math.max(range.min, usable) : range.max;
  const by = range.auto ? ` for ${plain(cpus)} ${cpus === 1 ? 'CPU' : 'CPUs'}` : '';
  return {
    max,
    by,
    heldAt(wish, pausedUntil) {
      if (wish <= coming) return undefined;
      if (at < pausedUntil) {
        const text = `the last new workers could not come into service; next attempt in ${Math.ceil((pausedUntil - at) / 1_000)}s`;
        return { reason: 'failures', to: coming, text };
      }
      if (cpuUsed >= ALL_USED * cpus) {
        const text = `the workers use ${plain(cpuUsed)} of ${plain(cpus)} CPUs, and a further one would have none`;
        return { reason: 'cpu', to: coming, text };
      }
      if (room !== undefined && wish > coming + room) {
        const text = `the memory has room for ${room === 0 ? 'no further worker' : `${room} more`}`;
        return { reason: 'memory', to: coming + Math.max(0, room), text };
      }
      return undefined;
    },
    most: (wish) => ({
      reason: 'max',
      to: max,
      text: `the load asks for ${wish}, and ${max} is the most${by}`,
    }),
  };
}

const plain = (value: number): string => String(Math.round(value * 10) / 10);
