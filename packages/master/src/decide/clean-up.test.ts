import type { Event } from './events.ts';
import { Scene } from './testing/scene.ts';

type Exit = Partial<Extract<Event, { type: 'worker-exited' }>>;

const exit = (scene: Scene, serial: number, { code = null, signal = null, ...more }: Exit) =>
  scene.happen({ type: 'worker-exited', serial, code, signal, ...more });
const failing = { code: 1, words: 'exit code 1: Error: no db' };
const start = (workers = 1) => new Scene({ workers }).started().forget();
const stopping = (scene: Scene) => scene.happen({ type: 'stop-requested', mode: 'graceful', by: 'SIGTERM' });

it.each<[Exit, string]>([
  [{ code: 0 }, 'exit code 0'],
  [{ signal: 'SIGTERM', words: 'killed by SIGTERM, not by tshorn' }, 'ended by SIGTERM'],
  [{ signal: 'SIGINT', words: 'killed by SIGINT, not by tshorn' }, 'ended by SIGINT'],
  [{ code: 143, words: 'exit code 143, not by tshorn' }, 'exit code 143'],
  [{ code: 130 }, 'exit code 130'],
])('after a drain %j is an orderly end', (how, text) => {
  const scene = exit(stopping(start()).drained(1), 1, how);
  expect(scene.reported('exited')).toMatchObject([{ level: 'info', text }]);
  expect(scene.reported('stopped')).toMatchObject([{ level: 'info', text: 'exit code 0' }]);
});

it.each<[Exit, string]>([
  [failing, 'clean-up failed: exit code 1: Error: no db'],
  [{ code: 2 }, 'clean-up failed: exit code 2'],
  [{ signal: 'SIGSEGV', words: 'killed by SIGSEGV: crash' }, 'clean-up failed: killed by SIGSEGV: crash'],
])('after a drain %j is a clean-up that failed', (how, text) => {
  const scene = exit(stopping(start()).drained(1), 1, how);
  expect(scene.reported('exited')).toMatchObject([{ level: 'warn', text }]);
  expect(scene.reported('stopped')).toMatchObject([{ level: 'warn', text: 'exit code 0' }]);
});

test('an end before the drain is no failure of the clean-up, and a warning all the same', () => {
  const scene = exit(stopping(start()), 1, { signal: 'SIGTERM', words: 'killed by SIGTERM, not by tshorn' });
  const text = 'ended before it had drained: killed by SIGTERM, not by tshorn';
  expect(scene.reported('exited')).toMatchObject([{ level: 'warn', text }]);
  expect(scene.reported('stopped')[0]).not.toHaveProperty('cleanUps');
});

test('a reload counts the clean-ups that failed, names the first, and commits', () => {
  const scene = start(2).reloadAs({ park: false });
  scene.boot(3).drained(1);
  exit(scene, 1, failing);
  scene.boot(4).drained(2);
  exit(scene, 2, { code: 2 });
  scene.settle();
  expect(scene.reported('reload-finished')).toMatchObject([
    { outcome: 'committed', level: 'warn', cleanUps: { failed: 2, reason: failing.words } },
  ]);
  // The next one begins anew.
  scene.forget().reload().prepared().settle();
  expect(scene.reported('reload-finished')[0]).toMatchObject({ level: 'info' });
  expect(scene.reported('reload-finished')[0]).not.toHaveProperty('cleanUps');
});

test('a parked worker that fails to clean up after the commit counts, and one that serves again has not drained', () => {
  const scene = start().reload().prepared().boot(2).drained(1).agree();
  expect(scene.state.running?.committed).toBe(true);
  exit(scene, 1, failing).settle();
  expect(scene.reported('reload-finished')).toMatchObject([
    { outcome: 'committed', cleanUps: { failed: 1 } },
  ]);

  const back = start(2).reload().prepared().boot(3).drained(1);
  expect(back.state.workers[1]?.drained).toBe(true);
  back.boot(4, 'broken').settle();
  expect(back.reported('reload-finished')[0]?.outcome).toBe('rolled-back');
  expect(back.ready().map(({ serial }) => serial)).toEqual([1, 2]);
  expect(back.state.workers[1]).not.toHaveProperty('drained');
});

test('a clean-up that does not end is killed at the deadline, and counts as failed', () => {
  const scene = start().reloadAs({ park: false }).boot(2).drained(1).expire('drain:1');
  expect(scene.reported('killed')[0]?.text).toMatch(/^drained, and the app's own clean-up did not end/);
  exit(scene, 1, { signal: 'SIGKILL' }).settle();
  expect(scene.reported('exited')).toMatchObject([{ level: 'info' }]);
  expect(scene.reported('reload-finished')[0]?.cleanUps?.reason).toContain('--grace');
});

test('a worker that is still draining at its deadline has not begun to clean up', () => {
  const scene = start().reloadAs({ park: false }).boot(2).expire('drain:1');
  expect(scene.reported('killed')[0]?.text).toBe('still there after its grace period');
  expect(scene.state.running?.cleanUps).toBeUndefined();
});
