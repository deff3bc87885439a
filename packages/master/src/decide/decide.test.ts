import { backoffMs } from './supervise.ts';
import { Scene } from './testing/scene.ts';

const generations = (scene: Scene) => scene.ready().map(({ generation }) => generation);

describe('start', () => {
  test('all slots boot side by side, and the service has started when all are ready', () => {
    const scene = new Scene();
    expect(scene.spawns.map(({ slot }) => slot)).toEqual([0, 1, 2, 3]);
    scene.boot(1).boot(2).boot(3);
    expect(scene.state.phase).toBe('starting');
    scene.boot(4);
    expect(scene.state.phase).toBe('running');
    expect(scene.told('started')).toHaveLength(1);
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
    expect(scene.told('stopping')[0]?.text).toContain('/_status answered 500');
  });

  test('one worker in service is enough to go on when the boot timeout is over', () => {
    const scene = new Scene({ workers: 2 });
    scene.boot(1).expire('start');
    expect(scene.state.phase).toBe('running');
    expect(scene.told('started')[0]).toMatchObject({ level: 'warn', size: 1 });
  });
});

describe('reload, rolling', () => {
  test('the order is exactly [spawn, ready, drain] for each slot', () => {
    const scene = new Scene().started().forget();
    scene.reload().prepared().settle();
    const perSlot = [0, 1, 2, 3].flatMap((slot) => [`spawned:${slot}`, `ready:${slot}`, `draining:${slot}`]);
    expect(scene.lifecycle('spawned', 'ready', 'draining')).toEqual(perSlot);
    expect(generations(scene)).toEqual([2, 2, 2, 2]);
    expect(scene.told('reload-finished')[0]).toMatchObject({
      outcome: 'committed',
      replaced: 4,
      generation: 2,
    });
  });

  test('capacity never falls below N', () => {
    const scene = new Scene().started();
    let least = 4;
    const happen = scene.happen.bind(scene);
    scene.happen = (event) => {
      happen(event);
      least = Math.min(least, scene.ready().length);
      return scene;
    };
    scene.reload().prepared().settle();
    expect(least).toBe(4);
  });

  test('each step tells where it stands', () => {
    const scene = new Scene({ workers: 2 }).started().forget();
    scene.reload().prepared().settle();
    const steps = scene.notices.flatMap((n) =>
      'position' in n && n.event !== 'booted' ? [n.position?.step] : [],
    );
    expect(steps).toEqual([1, 2, 3, 3, 4, 5, 6, 6]);
  });

  test('a broken new worker stops the reload: the rest of the old ones serve on', () => {
    const scene = new Scene().started();
    scene.reload().prepared().boot(5).exit(1);
    scene.boot(6, 'broken');
    expect(generations(scene)).toEqual([2, 1, 1, 1]);
    expect(scene.told('reload-finished')[0]).toMatchObject({
      outcome: 'failed',
      replaced: 1,
      reason: '/_status answered 500',
    });
    scene.exit(6, null, 'SIGKILL');
    expect(scene.spawns).toHaveLength(6);
  });

  test('a new worker that exits, or never gets loaded, is broken too', () => {
    const exits = new Scene().started().reload().prepared();
    exits.happen({ type: 'worker-spawned', serial: 5, pid: 5 }).exit(5, 7);
    expect(exits.told('reload-finished')[0]?.reason).toContain('exit code 7');
    const hangs = new Scene().started().reload().prepared();
    hangs.happen({ type: 'worker-spawned', serial: 5, pid: 5 }).expire('boot:5');
    expect(hangs.told('reload-finished')[0]?.reason).toContain('--boot-timeout');
    expect(generations(hangs)).toEqual([1, 1, 1, 1]);
  });

  test('a config that cannot be read refuses the reload and changes nothing', () => {
    const scene = new Scene().started().forget().reload();
    scene.happen({ type: 'refused', reason: 'syntax error' });
    expect(scene.told('reload-finished')[0]).toMatchObject({ outcome: 'refused', reason: 'syntax error' });
    expect(scene.spawns).toHaveLength(0);
  });

  test('HUPs during a reload become one more reload, after it', () => {
    const scene = new Scene({ workers: 1 }).started().forget();
    scene.reload().reload().reload().prepared();
    expect(scene.told('reload-started')).toHaveLength(1);
    scene.settle().prepared().settle();
    expect(scene.told('reload-finished').map(({ generation }) => generation)).toEqual([2, 3]);
    expect(scene.state.queue).toEqual([]);
  });

  test('an old worker that crashes in the middle is brought back by its own release', () => {
    const scene = new Scene().started().reload().prepared();
    scene.exit(4, null, 'SIGKILL');
    expect(scene.spawns.at(-1)).toMatchObject({ slot: 3, generation: 1 });
    scene.settle();
    expect(generations(scene)).toEqual([2, 2, 2, 2]);
  });

  test('an old worker that crashes while its replacement boots is not replaced twice', () => {
    const scene = new Scene().started().reload().prepared();
    scene.exit(1, null, 'SIGKILL');
    expect(scene.spawns).toHaveLength(5);
    scene.settle();
    expect(generations(scene)).toEqual([2, 2, 2, 2]);
  });

  test('when both die, the slot comes back with the old release', () => {
    const scene = new Scene().started().reload().prepared();
    scene.exit(1, null, 'SIGKILL');
    scene.happen({ type: 'worker-spawned', serial: 5, pid: 5 }).exit(5, 1);
    expect(scene.told('reload-finished')[0]?.outcome).toBe('failed');
    expect(scene.spawns.at(-1)).toMatchObject({ slot: 0, generation: 1 });
  });

  test('a new worker that crashes after it was ready is brought back by the new release', () => {
    const scene = new Scene().started().reload().prepared().boot(5).exit(1).boot(6);
    scene.exit(5, 1);
    expect(scene.spawns.at(-1)).toMatchObject({ slot: 0, generation: 2 });
    scene.settle();
    expect(generations(scene)).toEqual([2, 2, 2, 2]);
  });

  test('more workers in the new config come at the end, fewer go at the end', () => {
    const more = new Scene({ workers: 2 }).started().reload().prepared({ workers: 3 }).settle();
    expect(generations(more)).toEqual([2, 2, 2]);
    const fewer = new Scene({ workers: 3 }).started().reload().prepared({ workers: 2 }).settle();
    expect(generations(fewer)).toEqual([2, 2]);
    expect(fewer.told('resized').at(-1)).toMatchObject({ from: 3, size: 2 });
  });

  test('a count set by TTIN stands when the config asks for nothing else', () => {
    const scene = new Scene({ workers: 2 }).started();
    scene.request({ kind: 'scale', delta: 1, by: 'SIGTTIN' }).settle();
    scene.reload().prepared().settle();
    expect(generations(scene)).toEqual([2, 2, 2]);
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
    expect(scene.told('operation-failed')[0]?.text).toContain('/_status answered 500');
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
    expect(scene.told('reload-finished')[0]?.outcome).toBe('aborted');
    expect(scene.effects).toContainEqual({ do: 'kill', serial: 3 });
    scene.exit(1).exit(2).exit(3, null, 'SIGKILL');
    expect(scene.effects.at(-1)).toEqual({ do: 'finish', exitCode: 0 });
  });

  test('a worker that ignores its drain is killed', () => {
    const scene = new Scene({ workers: 1 }).started();
    scene.happen({ type: 'stop-requested', mode: 'graceful', by: 'SIGTERM' }).expire('drain:1');
    expect(scene.effects).toContainEqual({ do: 'kill', serial: 1 });
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
    });
    scene.forget().happen({ type: 'stop-requested', mode: 'graceful', by: 'SIGTERM' });
    expect(scene.effects).toEqual([]);
    scene.happen({ type: 'stop-requested', mode: 'now', by: 'SIGINT' });
    expect(scene.effects).toContainEqual({ do: 'kill', serial: 1 });
  });

  test('nothing new begins while stopping', () => {
    const scene = new Scene({ workers: 1 }).started();
    scene.happen({ type: 'stop-requested', mode: 'graceful', by: 'SIGTERM' }).reload();
    expect(scene.told('reload-started')).toHaveLength(0);
  });
});
