import { whyNotResumed } from './migrations.ts';
import { Scene } from './testing/scene.ts';

const counts = (taken: number, resumeFailed: number, waiting = false) => ({
  taken,
  resumeFailed,
  waiting,
  ...(resumeFailed > 0 && { last: 'websocket:chat: the app answered 401' }),
});

it.each([
  ['all of many', [[14, 14]], true],
  ['most of many', [[14, 12]], true],
  ['ten of nineteen', [[19, 10]], true],
  ['half of many', [[40, 20]], false],
  ['a few expired tickets of many', [[10_000, 30]], false],
  ['all of a few', [[9, 9]], false],
  [
    'all of a few in each of two workers',
    [
      [5, 5],
      [6, 6],
    ],
    true,
  ],
  [
    'most in one worker, few of all',
    [
      [12, 12],
      [40, 0],
    ],
    false,
  ],
  ['none came', [], false],
] as const)('%s: %j', (_name, workers, back) => {
  const reason = whyNotResumed(
    workers.map(([taken, lost]) => counts(taken, lost)),
    undefined,
  );
  expect(reason !== undefined).toBe(back);
});

it('gives the number, the limit and the last error', () => {
  expect(whyNotResumed([counts(14, 12), undefined], 'websocket:chat: the app answered 401')).toBe(
    'new release rejected 12 of 14 migrated connections (limit: 50%); last error: websocket:chat: the app answered 401',
  );
});

/** The first slot has its new worker, and the old one drains. */
function drainingFirst(): { scene: Scene; young: number; old: number } {
  const scene = new Scene({ workers: 3 }).started().reload().prepared();
  const old = scene.ready().find(({ slot }) => slot === 0)?.serial ?? 0;
  const young = scene.spawns.at(-1)?.serial ?? 0;
  scene.boot(young);
  expect(scene.state.workers[old]?.state).toBe('draining');
  return { scene: scene.forget(), young, old };
}

test('a release that resumes none is rolled back: the old worker serves again', () => {
  const { scene, young, old } = drainingFirst();
  scene.happen({ type: 'worker-migrations', serial: young, arrivals: counts(12, 12, true) });
  expect(scene.reported('rolling-back')[0]?.reason).toMatch(
    /12 of 12 .*; last error: websocket:chat: the app answered 401$/,
  );
  expect(scene.state.workers[old]?.state).toBe('admitted');
  scene.settle();
  expect(scene.reported('reload-finished')).toMatchObject([{ outcome: 'rolled-back', replaced: 0 }]);
  expect(scene.ready().map(({ generation }) => generation)).toEqual([1, 1, 1]);
});

test('a few that it does not resume roll nothing back', () => {
  const { scene, young } = drainingFirst();
  scene.happen({ type: 'worker-migrations', serial: young, arrivals: counts(14, 6) });
  scene.settle();
  expect(scene.reported('reload-finished')).toMatchObject([{ outcome: 'committed' }]);
});

test('those of all new workers count', () => {
  const { scene, young, old } = drainingFirst();
  scene.happen({ type: 'worker-migrations', serial: young, arrivals: counts(6, 6) }).drained(old);
  const second = scene.spawns.at(-1)?.serial ?? 0;
  scene.boot(second);
  scene.happen({ type: 'worker-migrations', serial: second, arrivals: counts(6, 6) });
  expect(scene.reported('rolling-back')[0]?.reason).toMatch(/12 of 12/);
});

test('the next slot waits until the app has said what becomes of those that came', () => {
  const { scene, young, old } = drainingFirst();
  scene.happen({ type: 'worker-migrations', serial: young, arrivals: counts(1, 0, true) }).drained(old);
  expect(scene.spawns).toEqual([]);
  scene.happen({ type: 'worker-migrations', serial: young, arrivals: counts(8, 0) });
  expect(scene.spawns).toMatchObject([{ slot: 1 }]);
});

test('old workers, and those of a release that has been committed, are not judged', () => {
  const { scene, old } = drainingFirst();
  scene.happen({ type: 'worker-migrations', serial: old, arrivals: counts(20, 20) });
  expect(scene.reported('rolling-back')).toEqual([]);
  scene.settle();
  const [{ serial = 0 } = {}] = scene.ready();
  scene.happen({ type: 'worker-migrations', serial, arrivals: counts(20, 20, true) });
  expect(scene.state.running).toBeUndefined();
  scene.request({ kind: 'recycle', serial, by: 'test' }).settle();
  expect(scene.state.running).toBeUndefined();
});
