/** The memory of the master's control group, for those who ask every second. */
import { type GroupMemory, groupMemory } from '@tshorn/core';

/** Milliseconds. A group without a limit, which is most of them, gets one seldom; to ask takes a dozen system calls. */
const AGAIN_MS = 10_000;

/**
 * Returns a reader: undefined where the group has no limit, and for ten seconds after that has been found.
 * @param now monotonic milliseconds
 */
export function groupMemoryReader(
  read: () => GroupMemory | undefined = () => groupMemory(),
  now = () => performance.now(),
): () => GroupMemory | undefined {
  let unlimitedAt = Number.NEGATIVE_INFINITY;
  return () => {
    const at = now();
    if (at - unlimitedAt < AGAIN_MS) return undefined;
    const memory = read();
    if (!memory) unlimitedAt = at;
    return memory;
  };
}
