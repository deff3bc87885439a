/** Finds the workers that have reached a limit. Pure. */
import { formatMemory, type GroupMemory, type HeapFigures, type Heartbeat } from '@tshorn/core';
import type { Limits } from './limits.ts';

export interface Candidate {
  readonly serial: number;
  readonly slot: number;
  readonly ageMs: number;
  /** Its last heartbeat. */
  readonly vital: Heartbeat;
  readonly limits: Limits;
  /** Resident memory at its first heartbeat. */
  readonly rssAtBirth: number;
  /** Bytes that its replacement needs until it serves. */
  readonly needs: number;
}

export interface Due {
  readonly serial: number;
  readonly slot: number;
  readonly limit: 'heap' | 'group' | 'memory' | 'requests' | 'age';
  /** For the log: the option, its value, and the value that was reached. */
  readonly by: string;
  /** The value reached, divided by the limit: 1 is just reached. */
  readonly excess: number;
  /** There is no room for its replacement beside it. */
  readonly drainFirst?: true;
}

/** Every limit that this worker has reached. */
export function limitsReached({ serial, slot, ageMs, vital, limits }: Candidate): Due[] {
  const { heapGuard, memory, requests, ageMs: mostAge, maxRequests } = limits;
  const due: Due[] = [];
  const add = (limit: Due['limit'], by: string, excess: number) =>
    due.push({ serial, slot, limit, by, excess });
  // A worker tells of its heap only while that is above the guard.
  if (heapGuard > 0 && vital.heap) {
    const { used, limit } = vital.heap;
    add('heap', `--heap-guard ${heapGuard}% (${heapFigures(vital.heap)})`, used / limit);
  }
  if (memory && vital.rss > memory.bytes) {
    const by = `--max-memory (${memory.asGiven}; it holds ${formatMemory(vital.rss)})`;
    add('memory', by, vital.rss / memory.bytes);
  }
  if (requests !== undefined && vital.requests >= requests) {
    add('requests', `--max-requests ${maxRequests} (reached ${vital.requests})`, vital.requests / requests);
  }
  if (mostAge !== undefined && ageMs >= mostAge) {
    add('age', `--max-age (it is ${Math.round(ageMs / 1000)} s old)`, ageMs / mostAge);
  }
  return due;
}

/** `heap 1890 MB of 2048 MB after a full collection, 92%`. */
export const heapFigures = ({ used, limit, isCollecting }: HeapFigures): string => {
  const also = isCollecting ? '; V8 does little but collect' : '';
  return `heap ${formatMemory(used)} of ${formatMemory(limit)} after a full collection, ${percent(used, limit)}${also}`;
};

/** True when V8 or the kernel may end the worker before a replacement is ready: half of what the guard leaves is used. */
export const isNearlyFull = (
  { used, limit, isCollecting }: HeapFigures,
  { heapGuard }: Pick<Limits, 'heapGuard'>,
): boolean => isCollecting === true || used * 200 > limit * (100 + heapGuard);

/** Memory of the control group, in bytes. */
export interface Group extends GroupMemory {
  /** Memory that it will hold when a replacement serves, if it goes on growing as it does. */
  readonly soon: number;
}

/** `control group 480 MB of 512 MB, 93%`. */
export const groupFigures = ({ used, limit }: GroupMemory): string =>
  `control group ${formatMemory(used)} of ${formatMemory(limit)}, ${percent(used, limit)}`;

const percent = (part: number, whole: number): string => `${Math.floor((100 * part) / whole)}%`;

/** Less growth than this since its start is no leak, and nothing that a new worker would not need as well. */
const GROWN = 1.25;

/** The workers whose recycle gives memory back to a control group that is near its limit, the largest first. */
export const dueForGroup = (candidates: readonly Candidate[], group: Group): Due[] =>
  candidates
    .filter(({ limits }) => isNear(group, limits))
    .filter(({ vital, rssAtBirth }) => vital.rss > rssAtBirth * GROWN)
    .map(({ serial, slot, vital, limits, needs }) => {
      const drainFirst = group.limit - group.soon < needs;
      const how = drainFirst ? ', and leaves first, as a new one has no room beside it' : '';
      const holds = `it holds ${formatMemory(vital.rss)}${how}`;
      const by = `--heap-guard ${limits.heapGuard}% (${groupFigures(group)}; ${holds})`;
      return {
        serial,
        slot,
        limit: 'group' as const,
        by,
        excess: vital.rss,
        ...(drainFirst && { drainFirst }),
      };
    })
    .sort((one, other) => other.excess - one.excess);

export const isNear = ({ used, limit }: GroupMemory, { heapGuard }: Pick<Limits, 'heapGuard'>): boolean =>
  heapGuard > 0 && used * 100 >= limit * heapGuard;

/** Memory comes first: only these limits end in a kill, by V8 or by the kernel. */
const RANK = { heap: 0, group: 1, memory: 2, requests: 3, age: 4 } as const;

/** All workers that are due, the most urgent one first. */
export const allDue = (candidates: readonly Candidate[], group?: Group): Due[] =>
  [...candidates.flatMap(limitsReached), ...(group ? dueForGroup(candidates, group) : [])].sort(
    (one, other) => RANK[one.limit] - RANK[other.limit] || other.excess - one.excess,
  );
