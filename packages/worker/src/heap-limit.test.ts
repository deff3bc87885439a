import { heapLimit } from './heap-limit.ts';

const MB = 1024 * 1024;

it.each([
  ['--max-old-space-size=64', 112, 64],
  // Node 24 gives the young generation more room.
  ['--max_old_space_size=64', 256, 64],
  ['--max-old-space-size=4096 --max-old-space-size=1000', 1048, 1000],
  ['--max-semi-space-size=2', 70, 64],
  ['--max-old-space-size=64 --max-semi-space-size=2', 70, 64],
  ['--enable-source-maps', 4288, 4096],
  ['', 4288, 4096],
  ['--max-old-space-size=abc', 4288, 4096],
])('with %p V8 has a sum of %p MB, and ends the process at %p MB', (flags, total, limit) => {
  expect(Math.round(heapLimit(total * MB, flags) / MB)).toBe(limit);
});
