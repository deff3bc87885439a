/** How many workers boot at a time by `--max-surge auto`. */
import { autoSurge, demandOf, describeSurge, type Room } from './surge.ts';
import { Scene } from './testing/scene.ts';

const MB = 1024 ** 2;
const CALCULATES = [{ bootMs: 200, bootCpu: { ranMs: 200, waitedMs: 0 } }];
const WAITS = [{ bootMs: 5_000, bootCpu: { ranMs: 250, waitedMs: 0 } }];
const idle = (cpus: number): Room => ({ cpus, busy: 0.05 });

test.each([
  ['boots that calculate: as many as there are CPUs', 16, CALCULATES, idle(2), 2],
  ['fewer where the workers are busy', 16, CALCULATES, { cpus: 8, busy: 5 }, 3],
  ['one where all are busy', 4, CALCULATES, { cpus: 2, busy: 2 }, 1],
  ['boots that wait overlap, on a busy machine too', 4, WAITS, { cpus: 2, busy: 2 }, 4],
  ['of many workers a quarter at the most', 64, WAITS, idle(2), 16],
  ['never more than there are', 2, WAITS, idle(64), 2],
  ['as many as fit into the memory', 8, WAITS, { ...idle(2), freeBytes: 250 * MB, workerBytes: 80 * MB }, 2],
  ['one, though it does not fit', 8, WAITS, { ...idle(2), freeBytes: 20 * MB, workerBytes: 80 * MB }, 1],
  ['a boot of which nothing is known takes a CPU', 8, [{}], idle(2), 2],
  ['nothing is known of the machine', 8, WAITS, undefined, 1],
])('%s', (_text, size, boots, room, count) => expect(autoSurge(size, boots, room)).toBe(count));

test('a queue for a CPU is neither work nor waiting for a database', () => {
  const demand = (bootMs: number, ranMs: number, waitedMs: number) =>
    demandOf([{ bootMs, bootCpu: { ranMs, waitedMs } }, { bootMs: 1_000 }]);
  // Four boots on one CPU: each ran for a quarter of its time.
  expect(demand(800, 200, 600)).toBe(1);
  expect(demand(1_000, 100, 0)).toBeCloseTo(0.1);
  // Eight boots at once, each of which waits for 1.5 s for something else too.
  expect(demand(2_700, 150, 1_000)).toBeCloseTo(0.09);
});

test('the log has the figures', () =>
  expect(describeSurge(4, WAITS, { cpus: 2, busy: 0.5, freeBytes: 900 * MB, workerBytes: 80 * MB })).toBe(
    'up to 4 workers boot at a time: a boot takes 0.05 CPUs, and 1.5 of 2 are free; a worker takes 80 MB, and 900 MB are free',
  ));

describe('a reload', () => {
  const room = { cpus: 4, busy: 0 };
  const reloaded = (shape = {}) => {
    const scene = new Scene().started().forget().reload();
    const { lastGeneration: generation, settings } = scene.state;
    const reload = { ...settings.reload, maxSurge: 'auto' as const, ...shape };
    return scene.happen({ type: 'prepared', generation, settings: { ...settings, reload }, room });
  };
  const counts = (scene: Scene) => {
    const seen: number[] = [];
    for (let turn = 0; turn < 4 && scene.state.running; turn++) {
      const booting = Object.values(scene.state.workers).filter(({ state }) => state === 'spawned');
      seen.push(booting.length);
      for (const { serial } of booting) scene.boot(serial);
      for (const { serial, state } of Object.values(scene.state.workers)) {
        if (state === 'draining') scene.drained(serial);
      }
      expect(scene.ready().length).toBeGreaterThanOrEqual(4);
    }
    return seen;
  };

  test('the log names the number that boots', () => {
    const lines = reloaded({ parallelism: 1 }).reported('noted');
    expect(lines).toMatchObject([{ text: expect.stringMatching(/^up to 3 workers boot at a time/) }]);
  });

  test('boots one, and then the others at once', () =>
    expect(counts(reloaded({ parallelism: 1 })).slice(0, 2)).toEqual([1, 3]));

  test('a release that does not start costs one boot', () => {
    const scene = reloaded().boot(5, 'broken').settle();
    expect(scene.spawns).toHaveLength(1);
    expect(scene.ready()).toHaveLength(4);
  });

  test.each([{ maxSurge: { count: 1 } }, { maxSurge: undefined }])('with %j one by one', (shape) => {
    const scene = reloaded(shape).boot(5);
    if (scene.state.workers[1]?.state === 'draining') scene.drained(1).exit(1);
    expect(scene.spawns).toHaveLength(2);
  });
});
