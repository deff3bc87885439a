/**
 * The size at which V8 ends the process: that of the old generation. V8 tells only the sum with the room of the young
 * generation, which is three semi-spaces; how large these are by default differs from Node to Node.
 */
import v8 from 'node:v8';
import { nodeOptionsIn } from '@tshorn/core';

const MB = 1024 * 1024;

/** By default the young generation has at most this part of the old one: 3/64 on Node 24, less on the others. */
const MOST_YOUNG = 3 / 64;

/**
 * @param total `v8.getHeapStatistics().heap_size_limit`, in bytes
 * @param flags Node's options in the order of their weight: those of NODE_OPTIONS, then those of the command line
 */
export function heapLimit(total: number, flags: string): number {
  const numberOf = (name: string) =>
    Number(nodeOptionsIn(flags).findLast((option) => option.name === name)?.value);
  const old = numberOf('--max-old-space-size');
  // A value that V8 did not take, such as one beyond what it can address, is none.
  if (old > 0 && old * MB < total) return old * MB;
  const semi = numberOf('--max-semi-space-size');
  if (semi > 0 && 3 * semi * MB < total) return total - 3 * semi * MB;
  return total / (1 + MOST_YOUNG);
}

/** Read before the app is loaded, which may change both. */
const OWN_FLAGS = [process.env.NODE_OPTIONS ?? '', ...process.execArgv].join(' ');

/** The limit of this process, in bytes. */
export const ownHeapLimit = (): number => heapLimit(v8.getHeapStatistics().heap_size_limit, OWN_FLAGS);
