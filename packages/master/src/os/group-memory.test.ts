import type { GroupMemory } from '@tshorn/core';
import { groupMemoryReader } from './group-memory.ts';

test('a group without a limit is not looked at each second, and a limit that it gets is noticed', () => {
  let looks = 0;
  let now = 0;
  let memory: GroupMemory | undefined;
  const read = groupMemoryReader(
    () => {
      looks++;
      return memory;
    },
    () => now,
  );
  for (; now < 60_000; now += 1_000) expect(read()).toBeUndefined();
  expect(looks).toBe(6);
  memory = { used: 1, limit: 2 };
  for (; now < 90_000; now += 1_000) expect(read()).toBe(memory);
  expect(looks).toBe(36);
});
