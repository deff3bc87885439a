import { BootPriority, type Kernel } from './boot-priority.ts';
import type { Logger } from './log.ts';

const PID = 100;
const HALF_A_MINUTE = 30_000;

/** One process of two threads. `refuses`: what setNice must not go up to. */
class FakeKernel implements Kernel {
  readonly values = new Map([
    [0, 0],
    [PID, 0],
    [101, 0],
  ]);
  readonly descent = new Map<number, number[]>();
  limit = 0;
  /** The lowest value that a thread may be raised to. */
  least = -20;
  onSet: (thread: number, nice: number) => void = () => {};

  threads = (pid: number) =>
    [...this.values.keys()].filter((thread) => thread && Math.floor(thread / 100) * 100 === pid);
  children = (_pid: number, thread: number) => this.descent.get(thread) ?? [];
  nice = (thread: number) => this.values.get(thread);
  niceLimit = () => this.limit;
  setNice = (thread: number, nice: number) => {
    const now = this.values.get(thread);
    if (now === undefined) return true;
    if (nice < now && nice < this.least) return false;
    this.values.set(thread, nice);
    this.onSet(thread, nice);
    return true;
  };
}

function scene(kernel = new FakeKernel()) {
  const said: string[] = [];
  const stuck: number[] = [];
  const tell = (level: string) => (_fields: object, text: string) => said.push(`${level}: ${text}`);
  const log = { debug: tell('debug'), warn: tell('warn') } as unknown as Logger;
  return {
    kernel,
    said,
    stuck,
    priority: new BootPriority(log, { onStuck: (pid) => stuck.push(pid) }, kernel),
  };
}

const nicesOf = ({ values }: FakeKernel) => [...values].filter(([thread]) => thread).map(([, nice]) => nice);

test('lowers every thread, and raises every thread', () => {
  const { kernel, priority } = scene();
  priority.lower(PID, 10, HALF_A_MINUTE);
  expect(nicesOf(kernel)).toEqual([10, 10]);
  priority.raise(PID);
  expect(nicesOf(kernel)).toEqual([0, 0]);
});

test('goes by the priority of the master, and no lower than 19', () => {
  const { kernel, priority } = scene();
  for (const thread of kernel.values.keys()) kernel.values.set(thread, 15);
  priority.lower(PID, 10, HALF_A_MINUTE);
  expect(nicesOf(kernel)).toEqual([19, 19]);
  priority.raise(PID);
  expect(nicesOf(kernel)).toEqual([15, 15]);
});

test('lowers what a process has started before, too', () => {
  const { kernel, priority } = scene();
  kernel.descent.set(101, [200]);
  kernel.values.set(200, 0);
  priority.lower(PID, 10, HALF_A_MINUTE);
  expect(nicesOf(kernel)).toEqual([10, 10, 10]);
});

test('finds threads that were started by a low one while others were raised', () => {
  const { kernel, priority } = scene();
  priority.lower(PID, 10, HALF_A_MINUTE);
  kernel.onSet = (thread) => {
    if (thread === PID) kernel.values.set(102, 10);
  };
  priority.raise(PID);
  expect(nicesOf(kernel)).toEqual([0, 0, 0]);
});

test('raises processes of the app, but not what the app has lowered itself', () => {
  const { kernel, priority } = scene();
  priority.lower(PID, 10, HALF_A_MINUTE);
  kernel.descent.set(101, [200]).set(200, [300]);
  for (const [thread, nice] of [
    [200, 10],
    [201, 19],
    [300, 10],
  ] as const)
    kernel.values.set(thread, nice);
  priority.raise(PID);
  expect(nicesOf(kernel)).toEqual([0, 0, 0, 19, 0]);
});

test('touches nothing where a raise is refused', () => {
  const kernel = new FakeKernel();
  kernel.least = 40;
  const { priority, said } = scene(kernel);
  for (let times = 0; times < 2; times++) priority.lower(PID, 10, HALF_A_MINUTE);
  expect(nicesOf(kernel)).toEqual([0, 0]);
  expect(said).toEqual([
    'debug: workers boot at the usual priority, since a lowered one could not be raised again',
  ]);
});

test('a limit that allows the raise and no more is enough', () => {
  const kernel = new FakeKernel();
  Object.assign(kernel, { least: 0, limit: 20 });
  const { priority } = scene(kernel);
  priority.lower(PID, 10, HALF_A_MINUTE);
  expect(nicesOf(kernel)).toEqual([10, 10]);
});

test('a worker that cannot be raised after all is logged, and the last that was lowered', () => {
  const { kernel, priority, said, stuck } = scene();
  priority.lower(PID, 10, HALF_A_MINUTE);
  kernel.least = 40;
  priority.raise(PID);
  expect(stuck).toEqual([PID]);
  kernel.values.set(200, 0);
  priority.lower(200, 10, HALF_A_MINUTE);
  expect(kernel.nice(200)).toBe(0);
  expect(said).toEqual([expect.stringMatching(/^warn: the priority of pid=100 cannot be raised again/)]);
});

test('zero is off', () => {
  const { kernel, priority } = scene();
  priority.lower(PID, 0, HALF_A_MINUTE);
  expect(nicesOf(kernel)).toEqual([0, 0]);
});

test('is raised after its time in any case', () => {
  jest.useFakeTimers();
  const { kernel, priority } = scene();
  priority.lower(PID, 10, HALF_A_MINUTE);
  jest.advanceTimersByTime(HALF_A_MINUTE);
  expect(nicesOf(kernel)).toEqual([0, 0]);
  jest.useRealTimers();
});
