import type { Frame } from './frames.ts';
import type { KernelView } from './kernel-view.ts';
import { appStack, say } from './wording.ts';

const place = { cwd: '/srv/app', own: '/opt/tshorn/dist/', silentMs: 30_000, mayRun: false };
const frame = (name: string, file: string, line = 1): Frame => ({ function: name, file, line, column: 7 });
const OWN = frame('guard', '/opt/tshorn/dist/worker.js');

const kernel = (more: Partial<KernelView> = {}): KernelView => ({
  state: 'S',
  cpuMs: 0,
  children: [],
  ...more,
});
const silent = (more: Partial<KernelView> = {}, cpuMsPerSecond = 0) =>
  say({ silentBecause: 'no-answer', kernel: kernel(more), cpuMsPerSecond }, place).headline;

test('the innermost frame of the app is where it is stuck; frames in the app have short names', () => {
  const stack = [
    frame('catastrophic', '/srv/app/routes.js', 41),
    frame('', '/srv/app/node_modules/router/index.js', 9),
    OWN,
    frame('emit', 'node:events'),
  ];
  const { headline, details } = say(
    { inspection: { stack, requests: [], rss: 64 * 2 ** 20, heapUsed: 2 ** 20 } },
    place,
  );
  expect(headline).toBe('stuck in catastrophic (/srv/app/routes.js:41:7)');
  expect(details).toEqual([
    'at catastrophic (routes.js:41:7)',
    'at (anonymous) (node_modules/router/index.js:9:7)',
    'no request is in flight',
    'memory: 64 MB, heap 1 MB',
  ]);
});

test("of Node's own frames only the one that the app has called is logged", () => {
  const stack = [
    frame('open', 'node:fs'),
    frame('readFileSync', 'node:fs'),
    frame('load', '/srv/app/a.js'),
    OWN,
  ];
  expect(appStack(stack, place.own).map((one) => one.function)).toEqual(['readFileSync', 'load']);
  expect(say({ inspection: { stack } }, place).headline).toBe(
    'stuck in readFileSync (node:fs), called by load (/srv/app/a.js:1:7)',
  );
});

test('ten frames are enough', () => {
  const stack = Array.from({ length: 30 }, (_, at) => frame(`f${at}`, '/srv/app/a.js', at));
  const { details } = say({ inspection: { stack } }, place);
  expect(details).toHaveLength(11);
  expect(details.at(-1)).toBe('and 20 more');
});

test('the requests in flight are logged with their age', () => {
  const requests = [
    { method: 'GET', path: '/search', ageMs: 30_100, answering: false },
    { method: 'POST', path: '/x', ageMs: 31_000, answering: true },
  ];
  const { details } = say({ inspection: { stack: [frame('f', '/srv/app/a.js')], requests } }, place);
  expect(details).toContain('requests in flight: GET /search (30.1s), POST /x (31.0s, answering)');
});

test('what the kernel knows is logged where the process does not answer', () => {
  expect(silent({ state: 'T' })).toBe('stopped by a signal (SIGSTOP)');
  expect(silent({ state: 'D' })).toMatch(/^in uninterruptible sleep/);
  expect(silent({ state: 'R' }, 990)).toBe('busy in native code');
  expect(silent({ waitsIn: 'flock_lock' })).toBe('waiting in flock_lock (kernel), called by native code');
  const children = [{ pid: 1234, command: 'sleep 60', ageMs: 30_500 }];
  expect(silent({ children })).toBe('waiting for its child process 1234 (sleep 60)');
  // A child that is much older is not what it waits for.
  expect(silent({ children: [{ pid: 7, command: 'helper', ageMs: 900_000 }], waitsIn: 'pipe_read' })).toBe(
    'waiting in pipe_read (kernel), called by native code',
  );
});

test('a process that has ended before the look is not described as waiting', () => {
  expect(silent({ state: 'Z', waitsIn: 'do_exit' })).toBe('its process has ended meanwhile');
});

test('where nothing is known, the log says so', () => {
  expect(say({ silentBecause: 'no-answer' }, place).headline).toMatch(/^cause unknown/);
});

test('a worker whose event loop runs again is described so, and one that boots by what it waits for', () => {
  const inspection = { stack: [], rss: 1, waitsFor: ['Timeout', 'Timeout', 'TCPSocketWrap'] };
  expect(say({ inspection }, place).headline).toBe('its event loop runs again');
  expect(say({ inspection }, { ...place, mayRun: true }).headline).toBe(
    'its event loop runs and waits (open: Timeout, TCPSocketWrap)',
  );
});
