import { Scene } from './testing/scene.ts';

const closed = (scene: Scene, serial: number) => scene.happen({ type: 'worker-closed', serial });

test('a worker whose app has closed its server is replaced, the new one first; one line says so', () => {
  const scene = new Scene({ workers: 1 }).started().forget();
  closed(scene, 1);
  closed(scene, 1);
  scene.settle();
  expect(scene.lifecycle('spawned', 'ready', 'draining', 'exited')).toEqual([
    'spawned:0',
    'ready:0',
    'draining:0',
    'exited:0',
  ]);
  expect(scene.reported('closed-server')).toEqual([expect.objectContaining({ level: 'warn' })]);
});

test('a replacement that failed is tried again when the worker says so again', () => {
  const scene = new Scene({ workers: 1 }).started();
  closed(scene, 1).boot(2, 'broken').exit(2, null, 'SIGKILL');
  expect(scene.ready().map(({ serial }) => serial)).toEqual([1]);
  closed(scene, 1).boot(3).settle();
  expect(scene.ready().map(({ serial }) => serial)).toEqual([3]);
});

test('apps that close their server soon after each start are replaced less and less often', () => {
  const scene = new Scene({ workers: 1 }).started();
  closed(scene, 1).settle();
  closed(scene, 2);
  expect(scene.state.workers[2]?.state).toBe('draining');
  expect(scene.timers.get('respawn:0')).toBe(100);
});

test('a new worker that closes its server makes the reload fail', () => {
  const scene = new Scene({ workers: 1 })
    .started()
    .reload()
    .prepared({
      reload: { ...new Scene().state.settings.reload, soakMs: 1_000 },
    });
  scene.boot(2).drained(1);
  closed(scene, 2);
  expect(scene.reported('rolling-back')[0]).toMatchObject({
    reason: 'a new worker closed its server: it accepts no connections',
  });
});

test('a worker that drains may close its server', () => {
  const scene = new Scene({ workers: 1 }).started();
  scene.happen({ type: 'stop-requested', mode: 'graceful', by: 'SIGTERM' });
  closed(scene, 1);
  expect(scene.reported('closed-server')).toEqual([]);
});
