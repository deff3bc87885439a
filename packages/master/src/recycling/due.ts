/** Finds the workers that have reached a limit. Pure. */
import { formatMemory, type Heartbeat } from '@tshorn/core';
import type { Limits } from './limits.ts';

export interface Candidate {
  readonly serial: number;
  readonly slot: number;
  readonly ageMs: number;
  /** Its last heartbeat. */
  readonly vital: Heartbeat;
  readonly limits: Limits;
}

export interface Due {
  readonly serial: number;
  readonly slot: number;
  readonly limit: 'memory' | 'requests' | 'age';
  /** For the log: the option, its value, and the value that was reached. */
  readonly by: string;
  /** The value reached, divided by the limit: 1 is just reached. */
  readonly excess: number;
}

/** Every limit that this worker has reached. */
export function limitsReached({ serial, slot, ageMs, vital, limits }: Candidate): Due[] {
  const { memory, requests, ageMs: mostAge, maxRequests } = limits;
  const due: Due[] = [];
  const add = (limit: Due['limit'], by: string, excess: number) =>
    due.push({ serial, slot, limit, by, excess });
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

/** Memory comes first: only that limit ends in a kill by the kernel. */
const RANK = { memory: 0, requests: 1, age: 2 } as const;

/** All workers that are due, the most urgent one first. */
export const allDue = (candidates: readonly Candidate[]): Due[] =>
  candidates
    .flatMap(limitsReached)
    .sort((one, other) => RANK[one.limit] - RANK[other.limit] || other.excess - one.excess);
