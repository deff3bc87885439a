/** Connections that cannot move: the old workers drain for them side by side, and a reload waits for that once. */
import { takerMayCome } from './queries.ts';
import { Scene } from './testing/scene.ts';

const movedAll = (scene: Scene, ...serials: readonly number[]): Scene => {
  for (const serial of serials) scene.happen({ type: 'worker-moved-all', serial });
  return scene;
};
const stateOf = (scene: Scene, serial: number) => scene.state.workers[serial]?.state;
const step = ({ state: { running } }: Scene) => running?.plan?.[running.next]?.do;

/** Four old workers, each of which drains for connections that cannot move. */
function draining(): Scene {
  const scene = new Scene().started().reloadAs({});
  for (const old of [1, 2, 3, 4]) movedAll(scene.boot(old + 4), old);
  return scene;
}

test('the next slot follows as soon as nothing is left but connections that cannot move', () => {
  const scene = new Scene().started().reloadAs({}).boot(5);
  expect(scene.spawns).toHaveLength(5);
  movedAll(scene, 1);
  expect(scene.spawns).toHaveLength(6);
  expect(stateOf(scene, 1)).toBe('draining');
  // The grace period of the first one goes on.
  expect(scene.timers.get('drain:1')).toBe(33_000);
});

test('the commit waits until every old worker is parked, or gone', () => {
  const scene = draining();
  expect(step(scene)).toBe('await-drains');
  scene.drained(1).drained(3).exit(4, 1);
  expect(scene.effects.filter((effect) => effect.do === 'approve')).toEqual([]);
  scene.drained(2);
  expect(step(scene)).toBe('approve');
  scene.agree();
  expect(step(scene)).toBe('release');
  scene.settle();
  expect(scene.reported('reload-finished')[0]).toMatchObject({ outcome: 'committed', replaced: 4 });
});

test('the commit waits also for the app, which resumes what has moved at the very end', () => {
  const scene = draining();
  const arrivals = (waiting: boolean) =>
    scene.happen({ type: 'worker-migrations', serial: 5, arrivals: { taken: 1, resumeFailed: 0, waiting } });
  arrivals(true);
  for (const old of [1, 2, 3, 4]) scene.drained(old);
  expect(step(scene)).toBe('await-drains');
  arrivals(false);
  expect(step(scene)).toBe('approve');
});

test('never fewer than N are ready, however many drain', () => {
  const scene = new Scene().started();
  let least = 4;
  const happen = scene.happen.bind(scene);
  scene.happen = (event) => {
    happen(event);
    least = Math.min(least, scene.ready().length);
    return scene;
  };
  scene.reloadAs({});
  for (const old of [1, 2, 3, 4]) movedAll(scene.boot(old + 4), old);
  expect(least).toBe(4);
});

test('a rollback: those that still drain serve again, with the connections that they have', () => {
  const scene = draining().exit(5, 1);
  expect([1, 2, 3, 4].map((serial) => stateOf(scene, serial))).toEqual(Array(4).fill('admitted'));
  expect([...scene.timers.keys()].filter((timer) => timer.startsWith('drain:'))).toEqual([]);
  scene.settle();
  expect(scene.ready().map(({ serial }) => serial)).toEqual([1, 2, 3, 4]);
  expect(scene.reported('reload-finished')[0]?.outcome).toBe('rolled-back');
  // In the next reload each of them has to move everything again.
  scene.reloadAs({}).boot(9);
  expect(scene.state.workers[1]).toMatchObject({ state: 'draining', park: true });
  expect(scene.spawns).toHaveLength(9);
});

test.each(['hang', 'crash'] as const)(
  'one that meets a %s while it drains beside the others does not hold the reload up',
  (what) => {
    const scene = draining()[what](1);
    expect(scene.state.workers[1]?.state).toBe(what === 'hang' ? 'hung' : 'failing');
    for (const serial of [2, 3, 4]) scene.drained(serial);
    const { plan, next = 0 } = scene.state.running ?? {};
    expect(plan?.[next]?.do).toBe('approve');
    scene.settle();
    expect(scene.reported('reload-finished')[0]?.outcome).toBe('committed');
  },
);

test.each(['rolling', 'replace'] as const)(
  '%s without parking: one process is gone before the next',
  (kind) => {
    const scene = new Scene().started().reloadAs({ kind, park: false });
    if (kind === 'rolling') scene.boot(5);
    const before = scene.spawns.length;
    movedAll(scene, 1);
    expect(scene.spawns).toHaveLength(before);
    scene.exit(1);
    expect(scene.spawns).toHaveLength(before + 1);
  },
);

test('replace with parking: one slot at a time is without a ready worker', () => {
  const scene = new Scene().started().reloadAs({ kind: 'replace' });
  expect(scene.ready()).toHaveLength(3);
  movedAll(scene, 1);
  expect(scene.ready()).toHaveLength(3);
  scene.boot(5);
  expect(stateOf(scene, 2)).toBe('draining');
  expect(scene.ready()).toHaveLength(3);
});

test('the overlap waits once as well', () => {
  const scene = new Scene().started().reloadAs({ kind: 'overlap' }).bootAll();
  for (const serial of [5, 6, 7, 8]) scene.happen({ type: 'worker-accepting', serial });
  movedAll(scene, 1, 2, 3, 4);
  expect(step(scene)).toBe('await-drains');
});

test('workers that a scale removes drain side by side', () => {
  const scene = new Scene().started().request({ kind: 'scale', to: 1, by: 'test' });
  expect(stateOf(scene, 4)).toBe('draining');
  expect(stateOf(scene, 3)).toBe('ready');
  movedAll(scene, 4, 3, 2);
  expect(stateOf(scene, 2)).toBe('draining');
  expect(scene.state.running).toBeDefined();
  scene.settle();
  expect(scene.ready()).toMatchObject([{ serial: 1 }]);
  expect(scene.state.running).toBeUndefined();
});

test('a stop gives all of them one and the same grace period, those that drain already too', () => {
  const scene = draining();
  scene.at += 20_000;
  scene.forget().happen({ type: 'stop-requested', mode: 'graceful', by: 'SIGTERM' });
  const drains = scene.effects.filter((effect) => effect.do === 'drain');
  expect(drains.map(({ serial, deadlineMs }) => [serial, deadlineMs])).toEqual(
    [1, 2, 3, 4, 5, 6, 7, 8].map((serial) => [serial, 30_000]),
  );
});

test('a drain that ends while the plan is elsewhere names the step in which it began', () => {
  const scene = draining().forget().drained(2);
  expect(scene.reported('drained')[0]?.position).toEqual({ step: 13, of: 17 });
  const early = movedAll(new Scene().started().reloadAs({}).boot(5), 1).forget().drained(1);
  expect(early.reported('drained')[0]?.position).toEqual({ step: 3, of: 17 });
});

test('only a worker that drains can have moved all', () => {
  const scene = movedAll(new Scene().started(), 1).reloadAs({}).boot(5);
  expect(scene.spawns).toHaveLength(5);
});

describe('the old workers drain before any new one serves', () => {
  const mayWait = (workers: number, park: boolean) => {
    const scene = new Scene({ workers }).started();
    scene.reloadAs({ kind: 'replace', maxUnavailable: { percent: 100 }, park });
    return Object.values(scene.state.workers).map(({ serial }) => takerMayCome(scene.state, serial));
  };

  test.each([1, 2])('%d, parking: their connections wait for the new ones', (workers) =>
    expect(mayWait(workers, true)).toEqual(Array(workers).fill(true)),
  );

  test.each([1, 2])('%d, without parking: nobody comes before they have ended', (workers) =>
    expect(mayWait(workers, false)).toEqual(Array(workers).fill(false)),
  );
});
