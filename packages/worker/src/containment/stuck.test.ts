import type { Attribution } from './attribution.ts';
import { Stuck } from './stuck.ts';

const called = () => (globalThis as unknown as Record<symbol, { mark(): void }>)[Symbol.for('tshorn.stuck')];
const nobody = { suspect: () => undefined } as unknown as Attribution;

test('code that runs for a request that nobody can tell', () => {
  const onMark = jest.fn();
  const stuck = new Stuck(nobody, onMark);
  called()?.mark();
  expect(onMark).toHaveBeenCalledTimes(1);
  expect(stuck.settle()).toEqual({ cost: 'unknown' });
});

test('a worker whose loop turned by itself has lost no request, and none twice', () => {
  const stuck = new Stuck(nobody, () => {});
  expect(stuck.settle()).toEqual({ cost: 'none' });
  called()?.mark();
  stuck.settle();
  expect(stuck.settle()).toEqual({ cost: 'none' });
});
