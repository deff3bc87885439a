/** Each plan as it is carried out: how many serve, what becomes of a failure, and whatever dies whenever. */
import { isComing, type ReloadPlan } from '@tshorn/core';
import type { ReloadShape } from './plan.ts';
import { Scene } from './testing/scene.ts';

const generations = (scene: Scene) => scene.ready().map(({ generation }) => generation);

/** Least ready and most processes at any moment. */
function watch(scene: Scene): { least: number; most: number } {
  const parked = new Set<number>();
  const seen = { least: Number.POSITIVE_INFINITY, most: 0 };
  const happen = scene.happen.bind(scene);
  scene.happen = (event) => {
    happen(event);
    const workers = Object.values(scene.state.workers);
    for (const { serial, state } of workers) if (state === 'parked') parked.add(serial);
    // Once it was parked it serves nobody any more, and only has to end.
    const alive = workers.filter(({ serial, state }) => isComing(state) || !parked.has(serial));
    seen.least = Math.min(seen.least, scene.ready().length);
    seen.most = Math.max(seen.most, alive.length);
    return scene;
  };
  return seen;
}

describe.each<[ReloadPlan, Partial<ReloadShape>, number, number]>([
  ['rolling', {}, 4, 5],
  ['rolling', { maxSurge: { count: 2 } }, 4, 6],
  ['rolling', { maxSurge: { count: 0 }, maxUnavailable: { percent: 50 } }, 2, 4],
  ['rolling', { maxSurge: { count: 1 }, maxUnavailable: { count: 1 } }, 3, 5],
  ['canary', { parallelism: 2 }, 4, 6],
  ['overlap', {}, 4, 8],
  ['replace', {}, 3, 4],
  ['replace', { maxUnavailable: { percent: 50 } }, 2, 4],
])('the plan %s with %j', (kind, shape, least, most) => {
  describe.each([true, false])('parking: %s', (park) => {
    const reload = (scene: Scene) => scene.reloadAs({ kind, park, ...shape });

    test(`commits; never fewer than ${least} ready, never more than ${most} processes`, () => {
      const scene = new Scene().started();
      const seen = watch(scene);
      reload(scene).settle();
      expect(generations(scene)).toEqual([2, 2, 2, 2]);
      expect(seen).toEqual({ least, most });
      expect(Object.keys(scene.state.workers)).toHaveLength(4);
      expect(scene.reported('reload-finished')[0]).toMatchObject({ outcome: 'committed', replaced: 4 });
    });

    test.each([0, 1, 2, 3])('broken in slot %d: all are of the old release again', (slot) => {
      const scene = new Scene().started();
      const seen = watch(scene);
      const happen = scene.happen.bind(scene);
      scene.happen = (event) => {
        const worker = 'serial' in event ? scene.state.workers[event.serial] : undefined;
        const breaks = worker?.slot === slot && worker.generation === 2 && event.type === 'worker-loaded';
        if (!breaks) return happen(event);
        return happen({ type: 'worker-load-failed', serial: worker.serial, message: 'it is broken' });
      };
      reload(scene).settle();
      expect(generations(scene)).toEqual([1, 1, 1, 1]);
      expect(Object.keys(scene.state.workers)).toHaveLength(4);
      expect(seen.least).toBeGreaterThanOrEqual(least);
      expect(scene.reported('reload-finished')).toMatchObject([
        { outcome: 'rolled-back', reason: 'it is broken' },
      ]);
      scene.reload().prepared().settle();
      expect(generations(scene)).toEqual([3, 3, 3, 3]);
    });
  });
});

test('overlap: nobody is let in before all have passed their probe', () => {
  const scene = new Scene().started().forget().reloadAs({ kind: 'overlap' });
  scene.boot(5).boot(6).boot(7);
  expect(scene.effects.filter(({ do: what }) => what === 'admit')).toEqual([]);
  scene.boot(8);
  expect(scene.effects.filter(({ do: what }) => what === 'admit')).toHaveLength(4);
});

test('no more boot at a time than the machine can', () => {
  const scene = new Scene().started().forget().reloadAs({ kind: 'overlap', parallelism: 2 });
  expect(scene.spawns).toHaveLength(2);
  scene.boot(5);
  expect(scene.spawns).toHaveLength(3);
});

describe('canary', () => {
  const watching = () => new Scene().started().reloadAs({ kind: 'canary' }).boot(5);

  test('one comes first, and the others wait for the verdict', () => {
    const scene = watching();
    expect(scene.effects).toContainEqual({ do: 'watch', generation: 2, serials: [5] });
    expect(scene.ready()).toHaveLength(5);
    expect(scene.spawns).toHaveLength(5);
    scene.happen({ type: 'watched', generation: 2, verdict: 'pass', pass: true, reason: '' });
    expect(scene.state.workers[1]?.state).toBe('draining');
    scene.settle();
    expect(generations(scene)).toEqual([2, 2, 2, 2]);
  });

  test('a bad one is rolled back, and no old worker has been touched', () => {
    const scene = watching()
      .happen({ type: 'watched', generation: 2, verdict: 'fail', pass: false, reason: '5 % of 500s' })
      .settle();
    expect(scene.ready().map(({ serial }) => serial)).toEqual([1, 2, 3, 4]);
    expect(scene.reported('reload-finished')[0]).toMatchObject({
      outcome: 'rolled-back',
      reason: '5 % of 500s',
    });
    expect(scene.effects).toContainEqual({ do: 'end-watch' });
  });

  test("a verdict that comes late, or of another reload, is nobody's", () => {
    const scene = watching().happen({
      type: 'watched',
      generation: 1,
      verdict: 'pass',
      pass: true,
      reason: '',
    });
    expect(scene.spawns).toHaveLength(5);
    scene.exit(5, 1).settle();
    scene.happen({ type: 'watched', generation: 2, verdict: 'pass', pass: true, reason: '' });
    expect(generations(scene)).toEqual([1, 1, 1, 1]);
  });
});

test('a crash within the settling time takes the reload back; after the commit it brings the new release', () => {
  const scene = new Scene({ workers: 1 }).started().reloadAs({ soakMs: 1_000 }).boot(2).drained(1);
  expect(scene.timers.get('soak')).toBe(1_000);
  // A timer may fire a little early.
  scene.at = 999.5;
  scene.timers.delete('soak');
  scene.happen({ type: 'expired', timer: 'soak' });
  expect(scene.timers.get('soak')).toBe(1_000);
  scene.exit(2, 1).settle();
  expect(scene.ready()).toMatchObject([{ serial: 1 }]);
  const good = new Scene({ workers: 1 }).started().reloadAs({ soakMs: 1_000 }).boot(2).drained(1);
  good.expire('soak').agree().exit(2, 1);
  expect(good.spawns.at(-1)).toMatchObject({ generation: 2 });
  good.settle();
  expect(generations(good)).toEqual([2]);
});

test('whatever dies whenever: in the end every slot serves, all by the release that was committed', () => {
  // A small linear congruential generator: the same stories every time.
  let seed = 7;
  const below = (count: number) => {
    seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648;
    return Math.floor((seed / 2_147_483_648) * count);
  };
  const kinds: ReloadPlan[] = ['rolling', 'canary', 'overlap', 'replace'];
  for (let story = 0; story < 400; story++) {
    const kind = kinds[story % 4] as ReloadPlan;
    const scene = new Scene().started().reloadAs({ kind, park: story % 3 > 0, parallelism: 1 + below(4) });
    for (let step = 0; step < 40; step++) {
      const workers = Object.values(scene.state.workers);
      const worker = workers[below(workers.length)];
      if (!worker) continue;
      const what = below(12);
      if (what === 0) scene.exit(worker.serial, 1);
      else if (what === 1 && story % 5 === 0) scene.happen({ type: 'abort-requested', by: 'test' });
      else if (worker.state === 'spawned') scene.boot(worker.serial, what === 2 ? 'broken' : 'ok');
      else if (worker.state === 'admitted') scene.happen({ type: 'worker-accepting', serial: worker.serial });
      else if (worker.state === 'draining' && worker.park) scene.drained(worker.serial);
      else if (worker.state === 'draining' || worker.state === 'killed') scene.exit(worker.serial);
      else scene.agree();
    }
    for (let round = 0; round < 20; round++) {
      scene.settle();
      for (const timer of [...scene.timers.keys()]) if (timer.startsWith('respawn')) scene.expire(timer);
    }
    const { committed, running } = scene.state;
    expect({ story, kind, running, generations: generations(scene) }).toMatchObject({
      running: undefined,
      generations: expect.arrayContaining([committed]),
    });
    expect(scene.ready()).toHaveLength(4);
    const verdict = scene.reported('reload-finished').at(-1)?.outcome;
    if (verdict !== 'failed') expect(new Set(generations(scene))).toEqual(new Set([committed]));
  }
});
