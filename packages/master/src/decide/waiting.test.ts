import { recyclable } from './queries.ts';
import { Scene } from './testing/scene.ts';

const recycle = (serial: number) =>
  ({ kind: 'recycle', serial, by: '--max-requests 10 (reached 11)', mayWait: true }) as const;

test('a recycle says why when it begins', () => {
  const scene = new Scene().started().forget();
  scene.request(recycle(2)).settle();
  expect(scene.told('recycling')).toMatchObject([
    { level: 'info', worker: { slot: 1 }, text: 'by --max-requests 10 (reached 11)' },
  ]);
  expect(scene.ready()).toHaveLength(4);
});

test('a reload that a person asks for does not wait for a recycle that boots', () => {
  const scene = new Scene().started().forget();
  scene.request(recycle(2)).reload();
  expect(scene.effects).toContainEqual({ do: 'kill', serial: 5 });
  expect(scene.told('reload-started')).toHaveLength(1);
  expect(scene.told('operation-failed')).toEqual([]);
  expect(scene.ready()).toHaveLength(4);
  scene.exit(5, null, 'SIGKILL').prepared().settle();
  expect(scene.told('reload-finished')[0]).toMatchObject({ outcome: 'committed', replaced: 4 });
});

test('a reload does not wait for a recycle that drains either, and loses nobody', () => {
  const scene = new Scene().started().forget();
  scene.request(recycle(2)).boot(5).reload();
  expect(scene.told('reload-started')).toHaveLength(1);
  expect(scene.ready().map(({ serial }) => serial)).toEqual([1, 5, 3, 4]);
  scene.prepared().settle();
  expect(scene.told('reload-finished')[0]).toMatchObject({ outcome: 'committed', replaced: 4 });
  expect(scene.ready().map(({ generation }) => generation)).toEqual([2, 2, 2, 2]);
});

test('what a person has asked for is not dropped for another wish', () => {
  const scene = new Scene().started().forget();
  scene.request({ kind: 'recycle', serial: 2, by: 'SIGTERM' }).reload();
  expect(scene.told('reload-started')).toEqual([]);
  scene.settle();
  expect(scene.lifecycle('draining')).toEqual(['draining:1']);
  expect(scene.told('reload-started')).toHaveLength(1);
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
