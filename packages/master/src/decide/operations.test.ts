import { recyclable } from './queries.ts';
import { Scene } from './testing/scene.ts';

const recycle = (serial: number) =>
  ({ kind: 'recycle', serial, by: '--max-requests 10 (reached 11)', mayWait: true }) as const;

test('a recycle says why when it begins', () => {
  const scene = new Scene().started().forget();
  scene.request(recycle(2)).settle();
  expect(scene.reported('recycling')).toMatchObject([
    { level: 'info', worker: { slot: 1 }, text: 'by --max-requests 10 (reached 11)' },
  ]);
  expect(scene.ready()).toHaveLength(4);
});

test('a reload that a person asks for does not wait for a recycle that boots', () => {
  const scene = new Scene().started().forget();
  scene.request(recycle(2)).reload();
  expect(scene.effects).toContainEqual({ do: 'kill', serial: 5 });
  expect(scene.reported('reload-started')).toHaveLength(1);
  expect(scene.reported('operation-failed')).toEqual([]);
  expect(scene.ready()).toHaveLength(4);
  scene.exit(5, null, 'SIGKILL').prepared().settle();
  expect(scene.reported('reload-finished')[0]).toMatchObject({ outcome: 'committed', replaced: 4 });
});

test('a reload does not wait for a recycle that drains either, and loses nobody', () => {
  const scene = new Scene().started().forget();
  scene.request(recycle(2)).boot(5).reload();
  expect(scene.reported('reload-started')).toHaveLength(1);
  expect(scene.ready().map(({ serial }) => serial)).toEqual([1, 5, 3, 4]);
  scene.prepared().settle();
  expect(scene.reported('reload-finished')[0]).toMatchObject({ outcome: 'committed', replaced: 4 });
  expect(scene.ready().map(({ generation }) => generation)).toEqual([2, 2, 2, 2]);
});

test('what a person has asked for is not dropped for another wish', () => {
  const scene = new Scene().started().forget();
  scene.request({ kind: 'recycle', serial: 2, by: 'SIGTERM' }).reload();
  expect(scene.reported('reload-started')).toEqual([]);
  scene.settle();
  expect(scene.lifecycle('draining')).toEqual(['draining:1']);
  expect(scene.reported('reload-started')).toHaveLength(1);
});

test('nobody may be recycled while an operation runs, or while a slot cannot be filled', () => {
  const scene = new Scene();
  expect(recyclable(scene.state)).toBeUndefined();
  scene.started();
  expect(recyclable(scene.state)).toEqual([1, 2, 3, 4]);
  scene.reload();
  expect(recyclable(scene.state)).toBeUndefined();
  scene.refused('no').exit(1, 7).exit(5, 7);
  expect(recyclable(scene.state)).toBeUndefined();
  scene.expire('respawn:0').settle();
  expect(recyclable(scene.state)).toHaveLength(4);
});

test('the wish that came last decides, and the state says whose it was', () => {
  const scene = new Scene({ workers: 2 }).started();
  expect(scene.state.desired).toEqual({ workers: 2, by: 'config' });
  scene.request({ kind: 'scale', delta: 1, by: 'SIGTTIN' }).settle();
  expect(scene.state).toMatchObject({ size: 3, desired: { workers: 3, by: 'SIGTTIN' } });
  scene.reload().prepared({ workers: 2 }).settle();
  expect(scene.state).toMatchObject({ size: 3, desired: { workers: 3, by: 'SIGTTIN' } });
  scene.reload().prepared({ workers: 4 }).settle();
  expect(scene.state).toMatchObject({ size: 4, desired: { workers: 4, by: 'config' } });
});

test('two requests for one more worker, made at once, give two', () => {
  const scene = new Scene({ workers: 2 }).started();
  const more = { kind: 'scale', delta: 1, by: 'SIGTTIN' } as const;
  scene.request(more).request(more).settle();
  expect(scene.state).toMatchObject({ size: 4, desired: { workers: 4 } });
});

test('a number of workers that cannot be reached is not wanted any more', () => {
  const scene = new Scene({ workers: 2 }).started();
  scene
    .request({ kind: 'scale', to: 4, by: 'x', ids: [7] })
    .boot(3)
    .boot(4, 'broken')
    .settle();
  expect(scene.state).toMatchObject({ size: 3, desired: { workers: 3, by: 'x' } });
  expect(scene.reported('operation-failed')).toMatchObject([
    { operation: { kind: 'scale', by: 'x', ids: [7] }, text: expect.stringContaining('answered 500') },
  ]);
});

test('a failed config change leaves the wish as it was', () => {
  const scene = new Scene({ workers: 2 }).started().reload().prepared({ workers: 5 });
  scene.boot(3, 'broken').settle();
  expect(scene.reported('reload-finished')[0]).toMatchObject({ outcome: 'rolled-back' });
  expect(scene.state).toMatchObject({ size: 2, desired: { workers: 2, by: 'config' } });
});

test('a change of size that is reached already is reported to its requester', () => {
  const scene = new Scene({ workers: 2 }).started();
  const to3 = (id: number) => ({ kind: 'scale', to: 3, by: 'x', ids: [id] }) as const;
  scene.request(to3(1)).request(to3(2)).settle();
  const reached = scene.reported('resized').filter(({ size, target }) => size === target);
  expect(reached.flatMap(({ operation }) => operation.ids)).toEqual([1, 2]);
});

test('reloads that wait become one, which serves the requests of all', () => {
  const scene = new Scene({ workers: 1 }).started();
  const reload = (id: number) => ({ kind: 'reload', by: 'x', ids: [id] }) as const;
  scene.request(reload(1)).request(reload(2)).request(reload(3));
  scene.prepared().settle().prepared().settle();
  expect(scene.reported('reload-finished').map(({ operation }) => operation.ids)).toEqual([[1], [2, 3]]);
});

test('a recycle that an app asks for a thousand times waits once', () => {
  const scene = new Scene().started();
  for (let at = 0; at < 1_000; at++) scene.request({ kind: 'recycle', serial: 2, by: 'SIGTERM' });
  expect(scene.state.queue).toEqual([]);
  expect(scene.state.running?.operation).toMatchObject({ kind: 'recycle', serial: 2 });
});
