import { Scene, settings } from './testing/scene.ts';

const watching = () =>
  new Scene({
    workers: 1,
    watch: true,
    reload: { ...settings.reload, park: false, drainsBeside: true, soakMs: 0 },
  });

const changed = (file: string) => ({ kind: 'reload', by: 'watch', because: `changed ${file}` }) as const;

const killed = ({ effects }: Scene) =>
  effects.flatMap((effect) => (effect.do === 'kill' ? [effect.serial] : []));
const verdicts = (scene: Scene) => scene.reported('reload-finished');

const failToLoad = (scene: Scene, serial: number) =>
  scene
    .happen({ type: 'worker-spawned', serial, pid: serial })
    .happen({ type: 'worker-load-failed', serial, message: 'app: syntax error at /app.js:2' })
    .exit(serial, 1);

test('a save reloads, and the reload is over while the old worker still drains', () => {
  const scene = watching().bootAll().request(changed('app.js')).prepared().boot(2).agree();
  expect(verdicts(scene)).toMatchObject([{ outcome: 'committed', serving: 2, replaced: 1 }]);
  expect(scene.state.workers[1]?.state).toBe('draining');
  expect(scene.state.running).toBeUndefined();
});

test('a save while the old worker drains begins at once', () => {
  const scene = watching().bootAll().request(changed('app.js')).prepared().boot(2).agree();
  scene.request(changed('app.js')).prepared().boot(3).agree();
  expect(verdicts(scene)).toHaveLength(2);
  expect(scene.state.committed).toBe(3);
});

test('the newest save wins: a reload that serves nobody yet ends for it', () => {
  const scene = watching().bootAll().request(changed('a.js')).prepared().request(changed('b.js')).prepared();
  expect(verdicts(scene)).toMatchObject([{ outcome: 'aborted', level: 'debug', reason: 'changed b.js' }]);
  expect(killed(scene)).toEqual([2]);
  scene.boot(3).agree();
  expect(scene.state.committed).toBe(3);
});

test('a save while the config is read again begins anew', () => {
  const scene = watching().bootAll().request(changed('a.js')).request(changed('b.js'));
  // The answer for the first one comes late.
  scene.happen({ type: 'prepared', generation: 2, settings: scene.state.settings });
  expect(scene.spawns).toHaveLength(1);
  scene.prepared().boot(2).agree();
  expect(scene.state.committed).toBe(3);
});

test('a reload by a signal is not ended by another one', () => {
  const scene = watching().bootAll().reload().prepared().reload();
  expect(verdicts(scene)).toEqual([]);
});

test('the last good release stays in service', () => {
  const scene = watching().bootAll().request(changed('a.js')).prepared();
  failToLoad(scene, 2);
  expect(verdicts(scene)).toMatchObject([{ outcome: 'rolled-back', serving: 1 }]);
  expect(scene.state.workers[1]?.state).toBe('ready');
  expect(scene.spawns).toHaveLength(2);
});

test('a save is three lines: the change, the new worker, the verdict', () => {
  const scene = watching().bootAll().forget().request(changed('a.js')).prepared().boot(2).agree().settle();
  const told = scene.notices.filter(({ level }) => level !== 'debug').map(({ event }) => event);
  expect(told).toEqual(['reload-started', 'ready', 'reload-finished']);
});

test('saves in quick succession are not louder than one', () => {
  const scene = watching().bootAll().forget();
  for (let save = 0; save < 30; save++) {
    scene.request(changed('a.js'));
    if (save % 2) scene.prepared();
  }
  scene.request(changed('b.js')).prepared().boot(17).agree().settle();
  const told = scene.notices.filter(({ level }) => level !== 'debug');
  expect(told.map((notice) => ('because' in notice ? notice.because : notice.event))).toEqual([
    'changed a.js',
    'changed b.js',
    'ready',
    'reload-finished',
  ]);
});

describe('a first start that fails', () => {
  test('and a stop while a later one is tried: that nothing serves yet, and no error', () => {
    const scene = failToLoad(watching(), 1).request(changed('a.js')).prepared();
    scene.happen({ type: 'stop-requested', mode: 'quick', by: 'SIGINT' });
    expect(verdicts(scene)).toMatchObject([{ outcome: 'aborted', level: 'info' }]);
    expect(verdicts(scene)[0]).not.toHaveProperty('serving');
  });

  test('waits for the next save, without an end and without a back-off', () => {
    const scene = failToLoad(watching(), 1);
    expect(scene.state.phase).toBe('starting');
    expect(scene.timers.size).toBe(0);
    expect(scene.spawns).toHaveLength(1);
  });

  test('serves after the next save', () => {
    const scene = failToLoad(watching(), 1).request(changed('a.js')).prepared().boot(2).agree();
    expect(scene.state.phase).toBe('running');
    expect(scene.reported('started')).toHaveLength(1);
    expect(verdicts(scene)).toMatchObject([{ outcome: 'committed' }]);
  });

  test('fails again without a start of the old code', () => {
    const scene = failToLoad(watching(), 1).request(changed('a.js')).prepared();
    failToLoad(scene, 2);
    expect(verdicts(scene)).toMatchObject([{ outcome: 'failed' }]);
    expect(scene.spawns).toHaveLength(2);
    expect(scene.timers.size).toBe(0);
  });

  test('ends where an address is in use', () => {
    const scene = watching().happen({ type: 'worker-spawned', serial: 1, pid: 1 });
    scene
      .happen({ type: 'worker-load-failed', serial: 1, code: 'ERR_ADDRESS_IN_USE', message: 'bind' })
      .exit(1, 1);
    expect(scene.state.phase).toBe('stopped');
  });

  test('gives way to a save while it loads', () => {
    const scene = watching().request(changed('a.js'));
    expect(killed(scene)).toEqual([1]);
    scene.exit(1, null, 'SIGKILL').prepared();
    expect(scene.spawns).toHaveLength(2);
    scene.boot(2).agree();
    expect(scene.state).toMatchObject({ phase: 'running', committed: 2 });
  });
});

test('a crash in a request is made good at once; code that does not load any more waits for the next save', () => {
  const scene = watching().bootAll().exit(1, 1);
  expect(scene.spawns).toHaveLength(2);
  failToLoad(scene, 2);
  expect(scene.spawns).toHaveLength(2);
  scene.request(changed('a.js')).prepared().boot(3).agree();
  expect(scene.state.committed).toBe(2);
  expect(Object.values(scene.state.workers)).toMatchObject([{ state: 'ready', generation: 2 }]);
});

test('with the plan `replace`, a bad save leaves nobody in service, and does not start the same files again', () => {
  const scene = watching()
    .bootAll()
    .request({ ...changed('a.js'), plan: 'replace' })
    .prepared()
    .exit(1);
  failToLoad(scene, 2);
  expect(verdicts(scene)).toMatchObject([{ outcome: 'failed' }]);
  expect(scene.spawns).toHaveLength(2);
  scene
    .request({ ...changed('a.js'), plan: 'replace' })
    .prepared()
    .boot(3)
    .agree();
  expect(scene.state.committed).toBe(3);
});

/** Numbers from 0 to below 1 (https://en.wikipedia.org/wiki/Linear_congruential_generator). */
function numbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 1_103_515_245 + 12_345) & 0x7fffffff;
    return (state >> 8) / (0x7fffffff >> 8);
  };
}

describe('whatever has happened, the next good save is served', () => {
  test.each(Array.from({ length: 60 }, (_, seed) => seed + 1))('seed %i', (seed) => {
    const next = numbers(seed * 7_919);
    const of = <T>(items: readonly T[]): T => items[Math.floor(next() * items.length)] as T;
    const scene = new Scene({
      workers: of([1, 3]),
      watch: true,
      reload: { ...settings.reload, park: false, drainsBeside: true, soakMs: of([0, 100]) },
    });
    const plan = of([undefined, 'replace', 'overlap', 'rolling', 'canary'] as const);
    const save = () => scene.request({ ...changed('a.js'), ...(plan && { plan }) });
    for (let act = 0; act < 80; act++) {
      scene.at += next() * 200;
      const worker = of(Object.values(scene.state.workers));
      const { serial = 0, state } = worker ?? {};
      const acts: (() => unknown)[] = [
        save,
        () => scene.reload(),
        () => scene.state.running && !scene.state.running.plan && scene.prepared(),
        () => scene.state.running && !scene.state.running.plan && scene.refused('config'),
        () => state === 'spawned' && scene.boot(serial),
        () => state === 'spawned' && scene.boot(serial, 'broken'),
        () => state === 'spawned' && failToLoad(scene, serial),
        () => worker && scene.exit(serial, 1),
        () => state === 'draining' && scene.exit(serial),
        () => state === 'killed' && scene.exit(serial, null, 'SIGKILL'),
        () => scene.agree(),
      ];
      of(acts)();
    }
    save();
    for (let round = 0; round < 40; round++) {
      if (scene.state.running && !scene.state.running.plan) scene.prepared();
      scene.settle();
    }
    const { size, committed, lastGeneration, running, queue } = scene.state;
    expect({ running, queue, committed }).toEqual({
      running: undefined,
      queue: [],
      committed: lastGeneration,
    });
    expect(scene.ready().map(({ slot, generation }) => [slot, generation])).toEqual(
      Array.from({ length: size }, (_, slot) => [slot, committed]),
    );
  });
});
