import { shared } from './shared.ts';

beforeEach(() => jest.useFakeTimers());
afterEach(() => jest.useRealTimers());

test('all who ask in one turn share one answer', async () => {
  const make = jest.fn(async (input: string) => `${input}!`);
  const ask = shared(make);
  const answers = Promise.all(Array.from({ length: 1_000 }, (_, at) => ask(`${at}`)));
  await jest.runAllTimersAsync();
  expect(new Set(await answers)).toEqual(new Set(['0!']));
  expect(make).toHaveBeenCalledTimes(1);
});

test('asked without a pause it takes a fifth of the time at most', async () => {
  let now = 0;
  let busy = 0;
  const ask = shared(
    async () => {
      now += 10;
      busy += 10;
    },
    () => now,
  );
  for (let at = 0; at < 20; at++) {
    const answer = ask(undefined);
    // The clock goes on while the timer runs.
    await jest.advanceTimersByTimeAsync(0);
    now += jest.getTimerCount() > 0 ? 40 : 0;
    await jest.runAllTimersAsync();
    await answer;
  }
  expect(busy / now).toBeLessThan(0.22);
});

test('no answer is older than its request', async () => {
  let made = 0;
  const ask = shared(async () => {
    const own = ++made;
    await new Promise((resolve) => setTimeout(resolve, 100));
    return own;
  });
  const first = ask(undefined);
  await jest.advanceTimersByTimeAsync(50);
  // The first is being made already.
  const second = ask(undefined);
  await jest.runAllTimersAsync();
  expect([await first, await second]).toEqual([1, 2]);
});

test('a failure is for those who wait for it, and the next ones get an answer', async () => {
  let calls = 0;
  const ask = shared(async () => {
    if (++calls === 1) throw new Error('not now');
    return calls;
  });
  const failed = expect(ask(undefined)).rejects.toThrow('not now');
  await jest.runAllTimersAsync();
  await failed;
  const answer = ask(undefined);
  await jest.runAllTimersAsync();
  expect(await answer).toBe(2);
});
