import { copyOf } from './copy.ts';

test('a copy has all that the original has, and nothing in common with it but what is shared', () => {
  const plan = [{ do: 'spawn', slots: [1] }];
  const original = {
    workers: { 7: { slot: 1, ids: ['a'], left: undefined } },
    none: null,
    running: { plan, next: 1 },
  };
  const copy = copyOf(original, plan);
  expect(copy).toStrictEqual(original);
  copy.workers[7].ids.push('b');
  copy.running.next = 2;
  expect(original).toMatchObject({ workers: { 7: { ids: ['a'] } }, running: { next: 1 } });
  expect(copy.running.plan).toBe(plan);
  expect(copyOf(original).running.plan).not.toBe(plan);
});
