import { backoffMs } from './backoff.ts';
import { decide, initialState } from './decide.ts';
import type { Event } from './events.ts';
import { Scene, settings } from './testing/scene.ts';

describe('start', () => {
  test('all slots boot side by side, and the service has started when all are ready', () => {
    const scene = new Scene();
    expect(scene.spawns.map(({ slot }) => slot)).toEqual([0, 1, 2, 3]);
    scene.boot(1).boot(2).boot(3);
    expect(scene.state.phase).toBe('starting');
    scene.boot(4);
    expect(scene.state.phase).toBe('running');
    expect(scene.reported('started')).toHaveLength(1);
  });

  test('an app that cannot be loaded ends the start with exit code 4', () => {
    const scene = new Scene({ workers: 1 });
    scene.happen({ type: 'worker-spawned', serial: 1, pid: 1 });
    scene.happen({ type: 'worker-load-failed', serial: 1, message: 'no such thing' }).exit(1, 1);
    expect(scene.effects).toContainEqual({ do: 'finish', exitCode: 4 });
  });

  test('a failing probe is tried again until the boot timeout, then exit code 3 with the reason', () => {
    const scene = new Scene({ workers: 1 });
    scene.boot(1, 'broken').exit(1, null, 'SIGKILL');
    expect(scene.state.workers[2]).toBeDefined();
    scene.boot(2, 'broken').exit(2, null, 'SIGKILL');
    scene.expire('start');
    expect(scene.effects).toContainEqual({ do: 'finish', exitCode: 3 });
    expect(scene.reported('stopping')[0]?.text).toContain('/_status answered 500');
  });

  test('one worker in service is enough to go on when the boot timeout is over', () => {
    const scene = new Scene({ workers: 2 });
    scene.boot(1).expire('start');
    expect(scene.state.phase).toBe('running');
    expect(scene.reported('started')[0]).toMatchObject({ level: 'warn', size: 1 });
  });
});

describe('recycle, scale', () => {
  test('a worker that is asked to leave drains only after its replacement is ready', () => {
    const scene = new Scene().started().forget();
    scene.request({ kind: 'recycle', serial: 2, by: 'SIGTERM' }).settle();
    expect(scene.lifecycle('spawned', 'ready', 'draining', 'exited')).toEqual([
      'spawned:1',
      'ready:1',
      'draining:1',
      'exited:1',
    ]);
    expect(scene.ready()).toHaveLength(4);
  });

  test('a broken replacement leaves the worker where it is', () => {
    const scene = new Scene().started();
    scene.request({ kind: 'recycle', serial: 2, by: 'SIGTERM' }).boot(5, 'broken');
    expect(scene.ready().map(({ serial }) => serial)).toEqual([1, 2, 3, 4]);
    expect(scene.reported('operation-failed')[0]?.text).toContain('/_status answered 500');
  });

  test('scale up starts first, scale down drains the highest slot, and one worker is the least', () => {
    const scene = new Scene({ workers: 1 }).started();
    scene.request({ kind: 'scale', to: 3, by: 'test' }).settle();
    expect(scene.ready().map(({ slot }) => slot)).toEqual([0, 1, 2]);
    scene.request({ kind: 'scale', to: 1, by: 'test' }).settle();
    expect(scene.ready().map(({ slot }) => slot)).toEqual([0]);
    scene.request({ kind: 'scale', delta: -1, by: 'SIGTTOU' }).settle();
    expect(scene.ready()).toHaveLength(1);
  });
});

describe('crashes', () => {
  test('a crashed worker is replaced at once, and comes back even when its probe fails', () => {
    const scene = new Scene({ workers: 1 }).started();
    scene.exit(1, 1);
    expect(scene.spawns).toHaveLength(2);
    scene.boot(2, 'broken');
    expect(scene.ready()).toHaveLength(1);
    expect(scene.notices).toContainEqual(expect.objectContaining({ level: 'warn', event: 'booted' }));
  });

  test('a crash loop backs off, and ten seconds of service end it', () => {
    expect([1, 2, 3, 4, 20].map(backoffMs)).toEqual([0, 100, 200, 400, 30_000]);
    const scene = new Scene({ workers: 1 }).started();
    scene.exit(1, 1).boot(2).exit(2, 1);
    expect(scene.timers.get('respawn:0')).toBe(100);
    scene.expire('respawn:0').boot(3);
    scene.at += 10_000;
    scene.exit(3, 1);
    expect(scene.state.workers[4]).toBeDefined();
  });

  test('all workers killed at once come back at once', () => {
    const scene = new Scene().started();
    for (const serial of [1, 2, 3, 4]) scene.exit(serial, null, 'SIGKILL');
    scene.settle();
    expect(scene.ready()).toHaveLength(4);
  });
});

describe('stop', () => {
  test('TERM drains all, and the end comes when the last is gone', () => {
    const scene = new Scene({ workers: 2 }).started();
    scene.happen({ type: 'stop-requested', mode: 'graceful', by: 'SIGTERM' }).exit(1);
    expect(scene.effects.some(({ do: what }) => what === 'finish')).toBe(false);
    scene.exit(2);
    expect(scene.effects.at(-1)).toEqual({ do: 'finish', exitCode: 0 });
    expect(scene.spawns).toHaveLength(2);
  });

  test('TERM during a reload ends everything, the new worker too', () => {
    const scene = new Scene({ workers: 2 }).started().reload().prepared();
    scene.happen({ type: 'stop-requested', mode: 'graceful', by: 'SIGTERM' });
    expect(scene.reported('reload-finished')[0]?.outcome).toBe('aborted');
    expect(scene.effects).toContainEqual({ do: 'kill', serial: 3 });
    scene.exit(1).exit(2).exit(3, null, 'SIGKILL');
    expect(scene.effects.at(-1)).toEqual({ do: 'finish', exitCode: 0 });
  });

  test('a worker that ignores its drain is killed', () => {
    const scene = new Scene({ workers: 1 }).started();
    scene.happen({ type: 'stop-requested', mode: 'graceful', by: 'SIGTERM' }).expire('drain:1');
    expect(scene.effects).toContainEqual({ do: 'kill', serial: 1, reason: 'never-left' });
  });

  test('INT hurries a TERM, a second INT ends at once, a later TERM slows nothing down', () => {
    const scene = new Scene({ workers: 1 }).started();
    scene.happen({ type: 'stop-requested', mode: 'graceful', by: 'SIGTERM' });
    scene.happen({ type: 'stop-requested', mode: 'quick', by: 'SIGINT' });
    expect(scene.effects).toContainEqual({
      do: 'drain',
      serial: 1,
      mode: 'quick',
      deadlineMs: 2_000,
      handoff: false,
      park: false,
    });
    scene.forget().happen({ type: 'stop-requested', mode: 'graceful', by: 'SIGTERM' });
    expect(scene.effects).toEqual([]);
    scene.happen({ type: 'stop-requested', mode: 'now', by: 'SIGINT' });
    expect(scene.effects).toContainEqual({ do: 'kill', serial: 1 });
  });

  test('nothing new begins while stopping', () => {
    const scene = new Scene({ workers: 1 }).started();
    scene.happen({ type: 'stop-requested', mode: 'graceful', by: 'SIGTERM' }).reload();
    expect(scene.reported('reload-started')).toHaveLength(0);
  });
});

test('the start is timed from its own event, not from the start of the process', () => {
  const state = initialState({ ...settings, workers: 1 });
  const events: Event[] = [
    { type: 'worker-spawned', serial: 1, pid: 1 },
    { type: 'worker-loaded', serial: 1, kind: 'handler' },
    { type: 'worker-probed', serial: 1, report: { verdict: 'ok', tookMs: 1 } },
    { type: 'worker-accepting', serial: 1 },
  ];
  const began = decide(state, { type: 'start' }, 1_000_000);
  const last = events.reduce(({ state: at }, event) => decide(at, event, 1_000_250), began);
  expect(last.notices).toContainEqual(expect.objectContaining({ event: 'started', tookMs: 250 }));
});
