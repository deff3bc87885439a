import { Scene } from './testing/scene.ts';

const full = (scene: Scene, serial: number) =>
  scene.happen({ type: 'worker-nearly-full', serial, by: '--heap-guard 92% (...)' });

test('a worker whose heap is nearly full leaves at once, and its replacement starts beside it', () => {
  const scene = full(new Scene({ workers: 1 }).started().forget(), 1);
  expect(scene.state.workers[1]?.state).toBe('draining');
  expect(scene.effects.filter((effect) => effect.do === 'spawn')).toHaveLength(1);
  expect(scene.reported('nearly-full')).toEqual([expect.objectContaining({ level: 'warn' })]);
  scene.settle();
  expect(scene.ready()).toHaveLength(1);
  expect(scene.reported('crashed')).toEqual([]);
});

test('during its own recycle no second replacement starts', () => {
  const scene = new Scene({ workers: 1 }).started();
  scene.request({ kind: 'recycle', serial: 1, by: '--heap-guard' });
  full(scene, 1).settle();
  expect(scene.lifecycle('spawned').slice(1)).toEqual(['spawned:0']);
  expect(scene.ready().map(({ serial }) => serial)).toEqual([2]);
  expect(scene.state.running).toBeUndefined();
});

test('where there is no room for both, the worker is gone before its replacement starts', () => {
  const scene = new Scene({ workers: 2 }).started().forget();
  scene.request({ kind: 'recycle', serial: 1, by: '--heap-guard', drainFirst: true });
  expect(scene.lifecycle('spawned', 'draining')).toEqual(['draining:0']);
  scene.settle();
  expect(scene.lifecycle('spawned', 'ready', 'draining', 'exited')).toEqual([
    'draining:0',
    'exited:0',
    'spawned:0',
    'ready:0',
  ]);
});
