/** How many more workers the memory has room for. */
import type { GroupMemory } from '@tshorn/core';
import type { Vital } from '../vitals.ts';

/** A worker needs more while it loads than afterwards. */
const NEEDS_MORE = 1.25;
/** The default of --heap-guard recycles workers above 92 % of the limit: a new one must not bring the group there. */
const FULL = 0.9;

interface Memories {
  vitalOf(serial: number): Vital | undefined;
  ownMemory(serial: number): number | undefined;
  groupMemory(): GroupMemory | undefined;
  freeMemory(): number;
}

/**
 * A new worker is taken to need what the largest one holds.
 * @param booting workers that do not hold all that they need yet
 * @returns undefined while no worker has told its memory
 */
export function roomFor(
  ready: readonly number[],
  booting: number,
  { vitalOf, ownMemory, groupMemory, freeMemory }: Memories,
): number | undefined {
  const rss = (serial: number) => vitalOf(serial)?.rss ?? 0;
  const largest = ready.reduce((best, serial) => (rss(serial) > rss(best) ? serial : best), ready[0] ?? -1);
  const needs = (ownMemory(largest) ?? rss(largest)) * NEEDS_MORE;
  if (!(needs > 0)) return undefined;
  const group = groupMemory();
  const left = Math.min(freeMemory(), group ? group.limit * FULL - group.used : Number.POSITIVE_INFINITY);
  return Math.max(0, Math.floor(left / needs) - booting);
}
