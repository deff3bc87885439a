/** A crash or a hang of a worker in a reload, a recycle, a change of size or a stop. */
import type { Effect } from './events.ts';
import { Scene } from './testing/scene.ts';

type Drain = Extract<Effect, { do: 'drain' }>;

const start = (...given: ConstructorParameters<typeof Scene>) => new Scene(...given).started().forget();
const stateOf = (scene: Scene, serial: number) => scene.state.workers[serial]?.state;
const drainsOf = (scene: Scene, serial: number) =>
  scene.effects.filter((effect): effect is Drain => effect.do === 'drain' && effect.serial === serial);
const kills = (scene: Scene) => scene.effects.filter((effect) => effect.do === 'kill');

describe.each(['crash', 'hang'] as const)('a %s of a new release', (what) => {
  const reason = { crash: 'a new worker crashed: uncaught Error: boom', hang: 'no heartbeat for 30.0s' }[
    what
  ];

  test('rolls the reload back, and the new worker finishes its requests', () => {
    const scene = start({ workers: 2 }).reload().prepared().boot(3)[what](3);
    expect(scene.state.running?.rollingBack).toContain(reason);
    expect(kills(scene)).toEqual([]);
    expect(stateOf(scene, 3)).toBe(what === 'hang' ? 'hung' : 'failing');
    scene.drained(1).settle();
    expect(scene.reported('reload-finished')).toMatchObject([{ outcome: 'rolled-back' }]);
    expect(scene.ready().map(({ generation }) => generation)).toEqual([1, 1]);
    // The failure is the release's.
    expect(scene.state.slots[0]?.failures ?? 0).toBe(0);
  });

  test('does not keep the rollback waiting for the worker that fails', () => {
    const scene = start({ workers: 1 }).reload().prepared().boot(2)[what](2);
    scene.happen({ type: 'worker-accepting', serial: 1 });
    expect(scene.reported('reload-finished')).toMatchObject([{ outcome: 'rolled-back' }]);
    expect(stateOf(scene, 2)).toBe(what === 'hang' ? 'hung' : 'failing');
  });

  test('is found in the soak', () => {
    const scene = start({ workers: 1 }).reloadAs({ soakMs: 1_000 }).boot(2).drained(1);
    expect(scene.timers.has('soak')).toBe(true);
    expect(scene[what](2).state.running?.rollingBack).toContain(reason);
    expect(scene.timers.has('soak')).toBe(false);
  });

  test('ends the watch on a canary', () => {
    const scene = start({ workers: 2 }).reloadAs({ kind: 'canary' }).boot(3).forget();
    expect(scene[what](3).effects).toContainEqual({ do: 'end-watch' });
    const finished = { outcome: 'rolled-back', reason: expect.stringContaining(reason) };
    expect(scene.reported('reload-finished')).toMatchObject([finished]);
  });

  test('after the commit is one of its slot', () => {
    const scene = start({ workers: 1 }).reload().prepared().boot(2).drained(1).agree().forget();
    expect(scene.state.committed).toBe(2);
    scene[what](2);
    expect(scene.spawns).toMatchObject([{ slot: 0, generation: 2 }]);
    expect(scene.state.running?.rollingBack).toBeUndefined();
  });
});

describe.each(['crash', 'hang'] as const)('a worker after a %s', (what) => {
  const fallen = (more = {}) =>
    start({ workers: 2, ...more })
      [what](1)
      .forget();

  test('is never parked or admitted by a plan', () => {
    const scene = fallen().boot(3).reload().prepared().boot(4);
    scene.drained(1);
    expect(['hung', 'failing']).toContain(stateOf(scene, 1));
    scene.settle();
    expect(scene.effects).not.toContainEqual({ do: 'admit', serial: 1 });
    expect(scene.reported('reload-finished')).toMatchObject([{ outcome: 'committed' }]);
  });

  test('does not hold up a change of size', () => {
    const scene = fallen().boot(3).request({ kind: 'scale', to: 1, by: 'x' });
    scene.exit(2);
    expect(scene.state.running).toBeUndefined();
    expect(['hung', 'failing']).toContain(stateOf(scene, 1));
  });

  test('is not recycled, and asks in vain to leave', () => {
    const scene = fallen().request({ kind: 'recycle', serial: 1, by: 'SIGTERM' });
    expect(scene.state.running).toBeUndefined();
    expect(scene.reported('recycling')).toEqual([]);
  });

  test('that closes its server is not replaced once more', () => {
    expect(fallen().happen({ type: 'worker-closed', serial: 1 }).effects).toEqual([]);
  });

  test('has no more time because the server stops', () => {
    const scene = fallen({ quickGrace: 1_000 });
    const from = scene.at;
    scene.happen({ type: 'stop-requested', mode: 'graceful', by: 'x' });
    expect(['hung', 'failing']).toContain(stateOf(scene, 1));
    if (what === 'crash') expect(drainsOf(scene, 1)).toMatchObject([{ deadlineMs: 5_000, handoff: false }]);
    scene.happen({ type: 'stop-requested', mode: 'quick', by: 'x' });
    if (what === 'crash')
      expect(drainsOf(scene, 1).at(-1)).toMatchObject({ deadlineMs: 1_000, mode: 'graceful' });
    else expect(scene.timers.get('rescue:1')).toBe(from + 4_000);
    scene.happen({ type: 'stop-requested', mode: 'now', by: 'x' });
    expect(kills(scene)).toContainEqual({ do: 'kill', serial: 1 });
  });

  test('hands its connections to the workers of a new master', () => {
    const scene = fallen().happen({ type: 'stop-requested', mode: 'graceful', by: 'x', newMaster: true });
    if (what === 'hang') scene.rescued(1);
    expect(drainsOf(scene, 1).at(-1)).toMatchObject({ handoff: true, failing: what });
  });
});
