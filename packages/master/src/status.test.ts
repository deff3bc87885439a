import { Scene } from './decide/testing/scene.ts';
import { statusOf } from './status.ts';

const of = (scene: Scene, now = scene.at) =>
  statusOf({
    state: scene.state,
    listeners: [],
    serving: undefined,
    cwd: '/',
    performer: undefined,
    newMaster: undefined,
    now,
  });
const stopOf = (scene: Scene, now = scene.at) => of(scene, now).stop;

test('a stop tells who asked for it, and how long the server serves on', () => {
  const scene = new Scene({ workers: 1, stopDelay: 5_000 }).started();
  expect(stopOf(scene)).toBeUndefined();
  scene.happen({ type: 'stop-requested', mode: 'graceful', by: 'SIGTERM' });
  expect(stopOf(scene, scene.at + 1_000)).toEqual({ by: 'SIGTERM', beginsInMs: 4_000 });
  expect(stopOf(scene.expire('leaving'))).toEqual({ by: 'SIGTERM' });
});

test('without --stop-delay a stop tells who asked for it', () => {
  const scene = new Scene({ workers: 1 }).started();
  expect(stopOf(scene.happen({ type: 'stop-requested', mode: 'quick', by: 'SIGINT' }))).toEqual({
    by: 'SIGINT',
  });
});

test('a server with all its workers is not degraded, also before its recovery has lasted', () => {
  const scene = new Scene({ workers: 2 }).started();
  scene.exit(1, null, 'SIGKILL').expire('degraded');
  expect(of(scene).degraded).toMatchObject({ ready: 1, size: 2 });
  if (!scene.state.workers[3]) scene.expire('respawn:0');
  scene.boot(3);
  expect(scene.state.degraded).toBeDefined();
  expect(of(scene).degraded).toBeUndefined();
});
