import { rangeText } from './range-text.ts';

const MB = 1024 * 1024;
const machine = { cpus: 8, machineCpus: 8, group: undefined, freeMemory: 900 * MB };

test('a range names the CPUs and the memory that may hold it', () => {
  expect(rangeText({ min: 2, max: 6 }, machine)).toBe(
    'the number of workers follows the load, from 2 to 6 (CPUs: 8; memory: 900 MB are free)',
  );
});

test('auto says what it came to, and by which limit', () => {
  const group = { used: 112 * MB, limit: 512 * MB };
  expect(rangeText({ min: 2, max: 8, auto: true }, { ...machine, cpus: 4.5, group })).toBe(
    'the number of workers follows the load, from 2 to 4 (auto is 4; 4.5 of 8 CPUs are usable (quota or affinity); memory: 400 MB of the 512 MB of the control group are free)',
  );
});

test('a range that cannot move says so', () => {
  const text = rangeText({ min: 2, max: 2, auto: true }, { ...machine, cpus: 1 });
  expect(text).toContain('follows the load, and is always 2 (auto is 2; 1 of 8 CPUs are usable');
});
