import inspector from 'node:inspector';
import type { Attribution } from './attribution.ts';
import { Stuck } from './stuck.ts';

const called = () =>
  (globalThis as unknown as Record<symbol, { mark(): void; shutInspector(): void }>)[
    Symbol.for('tshorn.stuck')
  ];
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

test('the inspector is shut when the session that asked for it has ended, and not below a hang that follows', () => {
  jest.useFakeTimers();
  const close = jest.spyOn(inspector, 'close').mockImplementation();
  try {
    new Stuck(nobody, () => {});
    called()?.shutInspector();
    expect(close).not.toHaveBeenCalled();
    called()?.mark();
    jest.runAllTimers();
    expect(close).not.toHaveBeenCalled();
    called()?.shutInspector();
    jest.runAllTimers();
    expect(close).toHaveBeenCalledTimes(1);
  } finally {
    close.mockRestore();
    jest.useRealTimers();
  }
});
