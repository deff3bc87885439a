import { Scene } from './testing/scene.ts';

const generations = (scene: Scene) => scene.ready().map(({ generation }) => generation);

describe('reload, rolling', () => {
  test('the order is exactly [spawn, ready, drain] for each slot', () => {
    const scene = new Scene().started().forget();
    scene.reload().prepared().settle();
    const perSlot = [0, 1, 2, 3].flatMap((slot) => [`spawned:${slot}`, `ready:${slot}`, `draining:${slot}`]);
    expect(scene.lifecycle('spawned', 'ready', 'draining')).toEqual(perSlot);
    expect(generations(scene)).toEqual([2, 2, 2, 2]);
    expect(scene.reported('reload-finished')[0]).toMatchObject({
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
    expect(steps).toEqual([1, 2, 3, 3, 3, 4, 5, 6, 6, 6, 11, 11]);
  });

  test('a broken new worker takes the reload back: who was replaced serves again, before the new one leaves', () => {
    const scene = new Scene().started();
    scene.reload().prepared().boot(5).drained(1).boot(6, 'broken');
    expect(scene.state.workers[1]?.state).toBe('admitted');
    expect(scene.reported('rolling-back')[0]).toMatchObject({ reason: '/_status answered 500' });
    scene.forget().settle();
    expect(scene.lifecycle('ready', 'draining')).toEqual(['ready:0', 'draining:0']);
    expect(scene.ready().map(({ serial }) => serial)).toEqual([1, 2, 3, 4]);
    expect(scene.reported('reload-finished')[0]).toMatchObject({
      outcome: 'rolled-back',
      replaced: 1,
      reason: '/_status answered 500',
    });
    expect(scene.spawns).toEqual([]);
  });

  test('a new worker that exits, or never gets loaded, is broken too', () => {
    const exits = new Scene().started().reload().prepared();
    exits.happen({ type: 'worker-spawned', serial: 5, pid: 5 }).exit(5, 7);
    expect(exits.reported('reload-finished')[0]?.reason).toContain('exit code 7');
    const hangs = new Scene().started().reload().prepared();
    hangs.happen({ type: 'worker-spawned', serial: 5, pid: 5 }).expire('boot:5');
    expect(hangs.reported('reload-finished')[0]?.reason).toContain('--boot-timeout');
    expect(generations(hangs)).toEqual([1, 1, 1, 1]);
  });

  test('a config that cannot be read refuses the reload and changes nothing', () => {
    const scene = new Scene().started().forget().reload();
    scene.refused('syntax error');
    expect(scene.reported('reload-finished')[0]).toMatchObject({
      outcome: 'refused',
      reason: 'syntax error',
    });
    expect(scene.spawns).toHaveLength(0);
  });

  test('HUPs during a reload become one more reload, after it', () => {
    const scene = new Scene({ workers: 1 }).started().forget();
    scene.reload().reload().reload().prepared();
    expect(scene.reported('reload-started')).toHaveLength(1);
    scene.settle().prepared().settle();
    expect(scene.reported('reload-finished').map(({ generation }) => generation)).toEqual([2, 3]);
    expect(scene.state.queue).toEqual([]);
  });

  test('of those who share a reload, whoever names a plan last decides', () => {
    const scene = new Scene({ workers: 2 }).started().forget().reload();
    scene.reload().request({ kind: 'reload', by: 'b', plan: 'canary' });
    scene.request({ kind: 'reload', by: 'c', plan: 'overlap' }).reload();
    expect(scene.state.queue).toEqual([{ kind: 'reload', by: 'c', plan: 'overlap' }]);
    scene.prepared().settle();
    expect(scene.reported('reload-started').at(-1)).toMatchObject({
      plan: 'overlap',
      operation: { by: 'c' },
    });
    expect(scene.prepared().state.running?.plan?.[0]).toMatchObject({ do: 'boot', slots: [0, 1] });
  });

  test('only the canary is watched from its admission on', () => {
    const scene = new Scene({ workers: 2 }).started().request({ kind: 'reload', by: 'a', plan: 'canary' });
    scene.prepared().settle();
    const watched = scene.effects.filter((effect) => effect.do === 'admit' && effect.watched);
    expect(watched).toEqual([{ do: 'admit', serial: 3, watched: true }]);
  });

  test('how long a worker takes to boot is known from its probe on, and not from its admission', () => {
    const scene = new Scene({ workers: 1 });
    scene.at += 70;
    scene.started();
    scene.at += 500;
    expect(scene.state.workers[1]?.bootMs).toBe(70);
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
    expect(scene.spawns.at(-1)).toMatchObject({ slot: 0, generation: 1 });
    scene.settle();
    expect(scene.reported('reload-finished')[0]?.outcome).toBe('rolled-back');
    expect(generations(scene)).toEqual([1, 1, 1, 1]);
  });

  test('a new worker that crashes in service takes the reload back', () => {
    const scene = new Scene().started().reload().prepared().boot(5).drained(1).boot(6);
    scene.exit(5, 1);
    expect(scene.reported('rolling-back')[0]?.reason).toContain('exit code 1');
    scene.settle();
    expect(scene.ready().map(({ serial }) => serial)).toEqual([1, 2, 3, 4]);
  });

  test('an old worker that is parked and dies is started anew for the rollback', () => {
    const scene = new Scene().started().reload().prepared().boot(5).drained(1);
    scene.exit(1, null, 'SIGKILL').boot(6, 'broken');
    expect(scene.spawns.at(-1)).toMatchObject({ slot: 0, generation: 1 });
    scene.settle();
    expect(generations(scene)).toEqual([1, 1, 1, 1]);
  });

  test('one that dies on its way back is started anew, too', () => {
    const scene = new Scene().started().reload().prepared().boot(5).drained(1).boot(6, 'broken');
    scene.exit(1, null, 'SIGKILL');
    expect(scene.spawns.at(-1)).toMatchObject({ slot: 0, generation: 1 });
    scene.settle();
    expect(generations(scene)).toEqual([1, 1, 1, 1]);
    expect(scene.reported('reload-finished')[0]?.outcome).toBe('rolled-back');
  });

  test('an old release that does not come back: the new worker stays, and the verdict says both', () => {
    const scene = new Scene().started().reloadAs({ park: false }).boot(5).exit(1).boot(6, 'broken');
    for (let attempt = 0; attempt < 3; attempt++) {
      const anew = scene.spawns.at(-1)?.serial as number;
      scene.happen({ type: 'worker-spawned', serial: anew, pid: 9 }).exit(anew, 3);
    }
    expect(scene.reported('reload-finished')[0]).toMatchObject({ outcome: 'failed' });
    expect(scene.reported('reload-finished')[0]?.reason).toMatch(
      /answered 500.*then the rollback failed.*exit code 3/,
    );
    expect(generations(scene)).toEqual([2, 1, 1, 1]);
  });

  test('the hook onCommit may refuse', () => {
    const scene = new Scene({ workers: 2 }).started();
    scene.reload().prepared().boot(3).drained(1).boot(4).drained(2);
    expect(scene.effects).toContainEqual({ do: 'approve', generation: 2 });
    scene.happen({ type: 'vetoed', generation: 2, reason: 'not on a Friday' }).settle();
    expect(scene.reported('reload-finished')[0]).toMatchObject({
      outcome: 'rolled-back',
      reason: 'not on a Friday',
    });
    expect(scene.ready().map(({ serial }) => serial)).toEqual([1, 2]);
  });

  test('abort takes it back; before the first step it ends it; without a reload it does nothing', () => {
    const abort = { type: 'abort-requested', by: 'test' } as const;
    const midway = new Scene().started().reload().prepared().boot(5).drained(1).happen(abort).settle();
    expect(midway.reported('reload-finished')[0]).toMatchObject({
      outcome: 'rolled-back',
      reason: 'aborted by test',
    });
    const early = new Scene().started().reload().happen(abort);
    expect(early.reported('reload-finished')[0]?.outcome).toBe('aborted');
    early.happen({ type: 'prepared', generation: 2, settings: early.state.settings });
    expect(early.spawns).toHaveLength(4);
    const idle = new Scene().started().forget().happen(abort);
    expect(idle.reported('noted')[0]?.text).toContain('no reload');
  });

  test('a reload that has waited behind one that was aborted does not take its config', () => {
    const scene = new Scene().started().reload().reload();
    scene.happen({ type: 'abort-requested', by: 'test' });
    scene.happen({ type: 'prepared', generation: 2, settings: scene.state.settings });
    expect(scene.state.running?.plan).toBeUndefined();
    scene.prepared().settle();
    expect(generations(scene)).toEqual([3, 3, 3, 3]);
  });

  test('settings of a release that did not come are gone with it', () => {
    const scene = new Scene().started().reload().prepared({ grace: 5 }).boot(5, 'broken').settle();
    expect(scene.state.settings.grace).toBe(30_000);
    scene.reload().prepared({ grace: 5 }).settle();
    expect(scene.state.settings.grace).toBe(5);
  });

  test('more workers in the new config come at the end, fewer go at the end', () => {
    const more = new Scene({ workers: 2 }).started().reload().prepared({ workers: 3 }).settle();
    expect(generations(more)).toEqual([2, 2, 2]);
    const fewer = new Scene({ workers: 3 }).started().reload().prepared({ workers: 2 }).settle();
    expect(generations(fewer)).toEqual([2, 2]);
    expect(fewer.reported('resized').at(-1)).toMatchObject({ from: 3, size: 2 });
  });

  test('a count set by TTIN stands when the config asks for nothing else', () => {
    const scene = new Scene({ workers: 2 }).started();
    scene.request({ kind: 'scale', delta: 1, by: 'SIGTTIN' }).settle();
    scene.reload().prepared().settle();
    expect(generations(scene)).toEqual([2, 2, 2]);
  });
});
