import { Scene } from './testing/scene.ts';

const stopping = (scene: Scene, mode: 'graceful' | 'quick' = 'graceful', by = 'SIGTERM') =>
  scene.happen({ type: 'stop-requested', mode, by });
const start = (workers = 2) => new Scene({ workers, stopDelay: 5_000 }).started().forget();
const drains = (scene: Scene) => scene.effects.filter(({ do: what }) => what === 'drain');

describe('--stop-delay', () => {
  test('TERM tells the workers, and they drain when the time is over', () => {
    const scene = stopping(start());
    expect(scene.effects).toContainEqual({ do: 'announce-leaving', serial: 1 });
    expect(scene.effects).toContainEqual({ do: 'announce-leaving', serial: 2 });
    expect(scene.effects).toContainEqual({ do: 'set-timer', timer: 'leaving', ms: 5_000 });
    expect(drains(scene)).toEqual([]);
    expect(scene.effects).not.toContainEqual({ do: 'close-listeners' });
    scene.expire('leaving');
    expect(drains(scene)).toHaveLength(2);
    expect(scene.reported('stopping')[0]?.text).toBe('graceful stop by SIGTERM');
    scene.exit(1).exit(2);
    expect(scene.effects.at(-1)).toEqual({ do: 'finish', exitCode: 0 });
  });

  test('a second TERM ends the time, and begins the drain once', () => {
    const scene = stopping(stopping(start()));
    expect(drains(scene)).toHaveLength(2);
    expect(scene.effects).toContainEqual({ do: 'clear-timer', timer: 'leaving' });
    stopping(scene);
    expect(drains(scene)).toHaveLength(2);
  });

  test('INT does not wait for it, before or within', () => {
    expect(drains(stopping(start(), 'quick', 'SIGINT'))).toHaveLength(2);
    expect(drains(stopping(stopping(start()), 'quick', 'SIGINT'))).toHaveLength(2);
  });

  test('a worker that crashes meanwhile is replaced, and the new one is told', () => {
    const scene = stopping(start()).forget();
    scene.exit(1, null, 'SIGKILL').settle();
    expect(scene.ready()).toHaveLength(2);
    expect(scene.effects).toContainEqual({ do: 'announce-leaving', serial: 3 });
  });

  test('a reload is refused with a line; one that was under way goes on', () => {
    expect(stopping(start()).reload().reported('operation-failed')).toMatchObject([
      { level: 'info', text: 'reload by SIGHUP ignored: the server is stopping' },
    ]);
    const scene = start(1).reload().prepared();
    stopping(scene).settle();
    expect(scene.reported('reload-finished')[0]?.outcome).toBe('committed');
    expect(scene.effects).toContainEqual({ do: 'announce-leaving', serial: 2 });
  });

  test('a worker that asks to leave, as at a signal to the whole process group, is no news', () => {
    const scene = stopping(start()).request({ kind: 'recycle', serial: 1, by: 'SIGTERM' });
    expect(scene.reported('operation-failed')).toMatchObject([
      { level: 'debug', text: 'recycle by SIGTERM ignored: the server is stopping' },
    ]);
  });

  test('before the first workers are ready nothing waits for it', () => {
    const scene = stopping(new Scene({ workers: 1, stopDelay: 5_000 }));
    expect(scene.reported('leaving')).toEqual([]);
    expect(scene.reported('stopping')).toHaveLength(1);
  });
});

describe("the kernel's queue", () => {
  const quick = (workers: number) => stopping(new Scene({ workers }).started().forget());
  const queues = (scene: Scene) =>
    scene.effects.flatMap((effect) => (effect.do === 'drain' ? [effect.emptyQueue] : []));
  const told = (scene: Scene) =>
    scene.effects.flatMap((effect) => (effect.do === 'last-to-accept' ? [effect.serial] : []));

  test('all workers empty it, and the last one goes on until the others have closed or ended', () => {
    const scene = quick(3);
    expect(queues(scene)).toEqual(['together', 'together', 'last']);
    scene.happen({ type: 'worker-stopped-accepting', serial: 1 });
    expect(told(scene)).toEqual([]);
    scene.exit(2);
    expect(told(scene)).toEqual([3]);
    scene.happen({ type: 'worker-stopped-accepting', serial: 3 }).exit(1);
    expect(told(scene)).toEqual([3]);
  });

  test('a worker that is alone is told so at once', () => {
    const scene = quick(1);
    expect(queues(scene)).toEqual(['last']);
    expect(told(scene)).toEqual([1]);
  });

  test('a second request changes nobody, and where the last one has ended nobody takes its part', () => {
    const scene = stopping(quick(2), 'quick', 'SIGINT');
    expect(queues(scene)).toEqual(['together', 'last', 'together', 'last']);
    scene.exit(2).happen({ type: 'worker-stopped-accepting', serial: 1 });
    expect(told(scene)).toEqual([]);
  });

  test('workers that are killed are told nothing', () => {
    const scene = new Scene({ workers: 1 }).started().forget();
    scene.happen({ type: 'stop-requested', mode: 'now', by: 'SIGINT' });
    expect(told(scene)).toEqual([]);
  });

  test('after a re-exec the new master goes on accepting', () => {
    const scene = new Scene({ workers: 2 }).started().forget();
    scene.happen({ type: 'stop-requested', mode: 'graceful', by: 'SIGUSR2', newMaster: true });
    expect(queues(scene)).toEqual([undefined, undefined]);
    expect(told(scene)).toEqual([]);
  });
});
