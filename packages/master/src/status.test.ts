import { Scene } from './decide/testing/scene.ts';
import type { Listener } from './listeners.ts';
import type { Performer } from './perform.ts';
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

test('addresses are told with what is spoken there', () => {
  const listeners = [{}, { scheme: 'https' as const }, { redirect: {} }].map(
    ({ redirect, ...scheme }, at) => ({
      address: { kind: 'tcp', host: '::', port: 80 + at, ...scheme },
      ...(redirect && { redirect }),
    }),
  ) as unknown as Listener[];
  const scene = new Scene({ workers: 1 });
  const told = (speaksTls: boolean) => {
    const performer = {
      traffic: { speaksTls, status: () => ({}), balance: { countOf: () => 0 } },
      vitals: { of: () => undefined, malformedOf: () => 0 },
      remaining: { of: () => undefined },
      load: { status: undefined },
      releaseOf: () => undefined,
    } as unknown as Performer;
    const { state, at: now } = scene;
    const rest = { serving: undefined, cwd: '/', newMaster: undefined, now };
    return statusOf({ state, listeners, performer, ...rest }).listeners;
  };
  expect(told(false)).toEqual(['[::]:80', 'https://[::]:81', '[::]:82']);
  expect(told(true)).toEqual(['https://[::]:80', 'https://[::]:81', '[::]:82']);
});

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
