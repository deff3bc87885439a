import { backoffMs, draw } from './backoff.ts';
import type { Notice } from './notice.ts';
import { Scene } from './testing/scene.ts';

const DIES = { code: 7, signal: null } as const;

/** Every worker that has been spawned ends while it boots. */
function failAll(scene: Scene): void {
  for (const { serial, state } of Object.values(scene.state.workers)) {
    if (state !== 'spawned') continue;
    scene.happen({ type: 'worker-spawned', serial, pid: 1000 + serial });
    scene.happen({ type: 'worker-exited', serial, ...DIES });
  }
}

/** The next timer, whichever it is. */
function next(scene: Scene): string {
  const [timer] = [...scene.timers].sort(([, one], [, other]) => one - other)[0] ?? [];
  if (!timer) throw new Error('nothing waits');
  scene.expire(timer);
  return timer;
}

/** All workers die, and so does every one that follows, for so many milliseconds. */
function loop(scene: Scene, ms: number): Scene {
  for (const { serial } of scene.ready()) scene.exit(serial, 7);
  const end = scene.at + ms;
  for (failAll(scene); scene.at < end; failAll(scene)) next(scene);
  return scene;
}

const seen = (notices: readonly Notice[]) => notices.filter(({ level }) => level !== 'debug');

describe('an app that crashes at every boot', () => {
  test('is told in full at first, and then in one line with a count, more and more rarely', () => {
    const scene = new Scene().started().forget();
    // The clock has fractions; figures in a log line have none.
    scene.at += 0.1;
    loop(scene, 60_000);
    expect(seen(scene.notices).length).toBeLessThan(50);
    const [first] = scene.reported('broken');
    expect(first).toMatchObject({ level: 'error', text: 'the worker ended while booting: exit code 7' });
    const summary = scene.reported('crash-loop').at(-1);
    expect(summary).toMatchObject({ workers: 4, reason: 'the worker ended while booting: exit code 7' });
    expect(summary?.failures).toBeGreaterThan(25);
    expect([summary?.nextMs, summary?.tookMs].every(Number.isInteger)).toBe(true);
    scene.forget();
    loop(scene, 60_000);
    expect(seen(scene.notices).length).toBeLessThan(10);
  });

  test('is told with the last line of the app, where it has one', () => {
    const scene = new Scene({ workers: 1 }).started().forget();
    const end = (see: string) => {
      const [serial] = Object.values(scene.state.workers).map((worker) => worker.serial);
      scene.happen({
        type: 'worker-exited',
        serial: serial as number,
        code: 1,
        signal: null,
        words: 'exit code 1',
        see,
      });
    };
    end('');
    next(scene);
    end('its last line: no db');
    expect(scene.reported('broken')[0]).toMatchObject({
      text: 'the worker ended while booting: exit code 1: the app called process.exit(1), or the like; its last line: no db',
    });
  });

  test('follows the back-off up to 30 s, each pause up to a quarter shorter', () => {
    const scene = new Scene({ workers: 1 });
    scene.state.seed = 42;
    scene.started().forget();
    loop(scene, 200_000);
    const pauses = scene.effects.flatMap((effect) =>
      effect.do === 'set-timer' && effect.timer === 'respawn:0' ? [effect.ms] : [],
    );
    expect(pauses.length).toBeGreaterThan(11);
    pauses.forEach((ms, at) => {
      const full = backoffMs(at + 2);
      expect(ms).toBeLessThanOrEqual(full);
      expect(ms).toBeGreaterThanOrEqual(full * 0.75);
    });
    expect(new Set(pauses).size).toBe(pauses.length);
  });

  test('is degraded as long as workers are missing, and has recovered when all are there', () => {
    const scene = loop(new Scene().started().forget(), 20_000);
    expect(scene.reported('degraded')).toEqual([
      {
        event: 'degraded',
        level: 'error',
        ready: 0,
        size: 4,
        reason: 'the worker ended while booting: exit code 7',
      },
    ]);
    for (let at = 0; at < 4; at++) {
      while (!next(scene).startsWith('respawn'));
      scene.bootAll();
    }
    scene.expire('recovered');
    expect(scene.reported('recovered')).toMatchObject([{ level: 'info', ready: 4, size: 4 }]);
    expect(scene.lifecycle('ready').length).toBeGreaterThanOrEqual(4);
    expect(scene.state.degraded).toBeUndefined();
  });

  test('is replaced by a good release at once, and its back-off forgotten', () => {
    const scene = loop(new Scene().started(), 60_000).forget();
    scene.reload().prepared().settle();
    expect(scene.reported('reload-finished')[0]).toMatchObject({ outcome: 'committed', replaced: 4 });
    expect(scene.ready().map(({ generation }) => generation)).toEqual([2, 2, 2, 2]);
    expect([...scene.timers.keys()].filter((timer) => timer.startsWith('respawn'))).toEqual([]);
    for (const { failures, reason } of Object.values(scene.state.slots))
      expect([failures, reason]).toEqual([0, undefined]);
    const spawned = scene.spawns.length;
    const told = scene.reported('crashed').length;
    scene.exit(scene.ready()[0]?.serial ?? 0, 7);
    expect(scene.reported('crashed')[told]).toMatchObject({ level: 'error' });
    expect(scene.spawns).toHaveLength(spawned + 1);
  });

  test('goes on with its back-off when a release that was to mend it is broken too', () => {
    const scene = loop(new Scene().started(), 60_000).forget();
    scene.reload().prepared();
    failAll(scene);
    expect(scene.reported('reload-finished')[0]).toMatchObject({ outcome: 'rolled-back' });
    expect([...scene.timers.keys()].filter((timer) => timer.startsWith('respawn'))).toHaveLength(4);
  });

  test('is tried again at once when a person scales, even to the size that it has', () => {
    const scene = loop(new Scene().started(), 60_000).forget();
    scene.request({ kind: 'scale', to: 4, by: 'test' });
    expect(scene.spawns.map(({ slot }) => slot)).toEqual([0, 1, 2, 3]);
    expect([...scene.timers.keys()].filter((timer) => timer.startsWith('respawn'))).toEqual([]);
  });

  test('a slot that is scaled away does not wait any more', () => {
    const scene = loop(new Scene().started(), 60_000);
    for (const slot of [0, 1, 2, 3]) scene.expire(`respawn:${slot}`);
    failAll(scene);
    scene.request({ kind: 'scale', to: 1, by: 'test' });
    scene.settle();
    expect([...scene.timers.keys()].filter((timer) => timer.startsWith('respawn'))).toEqual([]);
    expect(Object.keys(scene.state.slots)).toEqual(['0']);
  });
});

test('a single crash in a slot whose reload is rolled back costs no capacity on the way back', () => {
  const scene = new Scene({ workers: 2 }).started().forget();
  scene.reload().prepared().boot(3);
  scene.happen({ type: 'worker-accepting', serial: 3 }).drained(1).boot(4);
  scene.happen({ type: 'worker-accepting', serial: 4 }).exit(1).exit(2, 7).forget();
  scene.happen({ type: 'abort-requested', by: 'test' });
  expect(scene.ready().length).toBeGreaterThanOrEqual(2);
  for (let at = 0; at < 20; at++) {
    scene.bootAll();
    expect(scene.ready().length).toBeGreaterThanOrEqual(2);
  }
  scene.settle();
  expect(scene.reported('reload-finished')[0]).toMatchObject({ outcome: 'rolled-back' });
});

test('a crash that is made good at once is no degradation', () => {
  const scene = new Scene().started().forget();
  scene.exit(1, 1).settle();
  expect(scene.reported('degraded')).toEqual([]);
  expect(scene.timers.has('degraded')).toBe(false);
});

test('fewer workers during an operation are as its plan says', () => {
  const scene = new Scene().started().forget();
  scene.reloadAs({ kind: 'replace' });
  expect(scene.ready()).toHaveLength(3);
  expect(scene.timers.has('degraded')).toBe(false);
});

test('chance is evenly spread, and the same for the same seed', () => {
  let seed = 7;
  const values = Array.from({ length: 1_000 }, () => {
    const { value, next: following } = draw(seed);
    seed = following;
    return value;
  });
  expect(values.reduce((sum, value) => sum + value) / values.length).toBeCloseTo(0.5, 1);
  expect(Math.min(...values)).toBeGreaterThanOrEqual(0);
  expect(Math.max(...values)).toBeLessThan(1);
  expect(draw(7)).toEqual(draw(7));
});
