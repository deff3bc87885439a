import { Scene } from './testing/scene.ts';

const start = (more = {}) => new Scene({ workers: 2, stopDelay: 5_000, ...more }).started().forget();
const leaving = (scene: Scene) => scene.happen({ type: 'leave-requested', by: 'tshorn leave' });
const staying = (scene: Scene) => scene.happen({ type: 'stay-requested', by: 'tshorn stay' });
const stopping = (scene: Scene) => scene.happen({ type: 'stop-requested', mode: 'graceful', by: 'SIGTERM' });
const told = (scene: Scene) =>
  scene.effects.flatMap((effect) =>
    effect.do === 'announce-leaving' || effect.do === 'announce-staying'
      ? `${effect.do}:${effect.serial}`
      : [],
  );

test('leave tells the workers in service, and stay ends it; nothing drains', () => {
  const scene = leaving(start());
  expect(scene.reported('leaving')).toMatchObject([{ text: expect.stringContaining('by tshorn leave') }]);
  scene.at += 2_000;
  staying(scene);
  expect(told(scene)).toEqual([
    'announce-leaving:1',
    'announce-leaving:2',
    'announce-staying:1',
    'announce-staying:2',
  ]);
  expect(scene.reported('staying')).toMatchObject([{ by: 'tshorn stay', tookMs: 2_000 }]);
  expect(scene.effects.filter(({ do: what }) => what === 'drain')).toEqual([]);
  expect(scene.state.left).toBeUndefined();
});

test('a second leave, and a stay without one, are told and change nothing', () => {
  const scene = leaving(leaving(start()));
  expect(told(scene)).toHaveLength(2);
  expect(scene.reported('noted')[0]?.text).toContain('leaving already, by tshorn leave');
  const other = staying(start());
  expect(told(other)).toEqual([]);
  expect(other.reported('noted')[0]?.text).toContain('not leaving');
});

test('a reload continues meanwhile, its workers are told, and one that was parked and serves again is told of the stay', () => {
  const scene = leaving(start()).reload().prepared();
  scene.settle();
  expect(scene.reported('reload-finished')).toMatchObject([{ outcome: 'committed' }]);
  expect(scene.ready().every(({ serial }) => told(scene).includes(`announce-leaving:${serial}`))).toBe(true);

  // Worker 1 is parked when the operator ends the leave, and serves again after the rollback.
  const back = leaving(start()).reload().prepared();
  while (back.state.workers[1]?.state !== 'parked') {
    const draining = Object.values(back.state.workers).find(({ state }) => state === 'draining');
    if (draining) back.drained(draining.serial);
    else back.bootAll();
  }
  staying(back);
  expect(told(back)).toContain('announce-staying:1');
  const trial = Object.values(back.state.workers).find(
    ({ state, generation }) => state === 'spawned' && generation === 2,
  );
  back.boot(trial?.serial ?? 0, 'broken').settle();
  expect(back.reported('reload-finished')).toMatchObject([{ outcome: 'rolled-back' }]);
  expect(back.ready()).toMatchObject([{ serial: 1 }, { serial: 2 }]);
  expect(told(back).slice(-2)).not.toContain('announce-leaving:1');
});

test('the time of a leave counts for --stop-delay, and a stop cannot be undone', () => {
  const scene = leaving(start());
  scene.at += 2_000;
  stopping(scene);
  expect(scene.effects).toContainEqual({ do: 'set-timer', timer: 'leaving', ms: 3_000 });
  staying(scene);
  expect(scene.state.phase).toBe('leaving');
  expect(scene.reported('noted')[0]?.text).toBe('stay by tshorn stay ignored: the server is stopping');

  const long = leaving(start());
  long.at += 6_000;
  stopping(long);
  expect(long.reported('stopping')).toHaveLength(1);
});

test('a server may leave before its workers are ready: they are told as they come', () => {
  const scene = leaving(new Scene({ workers: 2 }));
  expect(told(scene)).toEqual([]);
  scene.started();
  expect(told(scene)).toEqual(['announce-leaving:1', 'announce-leaving:2']);
});
