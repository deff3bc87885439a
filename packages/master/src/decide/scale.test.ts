import { scaledOf } from './desired.ts';
import type { Operation } from './model.ts';
import { balanced, scaling } from './queries.ts';
import { Scene } from './testing/scene.ts';

const range = { min: 2, max: 8 };
const toBy = (to: number): Operation => ({
  kind: 'scale',
  by: 'scaler',
  to,
  load: { reason: 'busy', why: 'event loops 90% busy', patience: 1 },
});
const started = (release?: string) => new Scene({ workers: 2, range }, release).started().forget();

test('a range starts with its least, and the scaler looks from the start on', () => {
  const scene = new Scene({ workers: 2, range });
  expect(scene.effects).toContainEqual({ do: 'follow-load', on: true });
  scene.started();
  expect(scene.state).toMatchObject({ size: 2, desired: { workers: 2, by: 'config', range } });
  expect(scaling(scene.state)).toMatchObject({ ready: [1, 2], coming: 2, may: 'all' });
  expect(scaling(new Scene({ workers: 2 }).started().state)).toBeUndefined();
});

test('a decision of the scaler is one line, and its workers boot side by side', () => {
  const scene = started().request(toBy(5));
  expect(scene.reported('scaling')).toMatchObject([
    { from: 2, to: 5, reason: 'busy', text: 'event loops 90% busy' },
  ]);
  expect(scene.effects.filter((effect) => effect.do === 'spawn')).toHaveLength(3);
  expect(scaling(scene.state)).toMatchObject({ coming: 5, may: 'grow' });
  scene.settle();
  expect(scene.state).toMatchObject({ size: 5, desired: { workers: 5, by: 'scaler', range, patience: 1 } });
  expect(scene.state.running).toBeUndefined();
});

test('each new worker serves, counts and gets connections as soon as it can, whatever the others do', () => {
  const scene = started().request(toBy(4)).boot(3);
  expect(scene.state.size).toBe(3);
  expect(balanced(scene.state)).toEqual([1, 2, 3]);
  scene.boot(4);
  expect(scene.state.size).toBe(4);
});

test('a load that rises further joins the growth under way', () => {
  const scene = started().request(toBy(3)).forget().request(toBy(5));
  expect(scene.effects.filter((effect) => effect.do === 'spawn')).toHaveLength(2);
  expect(scene.state.queue).toEqual([]);
  scene.request(toBy(4)).settle();
  expect(scene.state).toMatchObject({ size: 5, desired: { workers: 5 } });
});

test('a person pins the number, and gives it back', () => {
  const scene = started().request({ kind: 'scale', by: 'SIGTTIN', delta: 1 }).settle();
  expect(scene.state).toMatchObject({ size: 3, desired: { workers: 3, by: 'SIGTTIN' } });
  expect(scene.state.desired.range).toBeUndefined();
  expect(scene.effects).toContainEqual({ do: 'follow-load', on: false });
  scene.forget().request(toBy(6)).settle();
  expect(scene.state.size).toBe(3);
  const auto = { min: 1, max: 2, auto: true } as const;
  scene.request({ kind: 'scale', by: 'tshorn scale', range: auto, back: true }).settle();
  expect(scene.state.desired).toEqual({ workers: 3, by: 'tshorn scale', range, rangeBy: 'config' });
  expect(scene.effects).toContainEqual({ do: 'follow-load', on: true });
});

test('a range that a person sets moves the size into it', () => {
  const scene = started()
    .request({ kind: 'scale', by: 'x', range: { min: 4, max: 6 }, ids: [7] })
    .settle();
  expect(scene.state).toMatchObject({ size: 4, desired: { workers: 4, range: { min: 4, max: 6 } } });
  scene.request({ kind: 'scale', by: 'x', range: { min: 1, max: 3 } }).settle();
  expect(scene.state.size).toBe(3);
});

test('a reload does not wait for a growth, and takes the number that is there', () => {
  const scene = started().request(toBy(4)).boot(3).forget().reload();
  expect(scene.effects).toContainEqual({ do: 'kill', serial: 4 });
  expect(scene.reported('reload-started')).toHaveLength(1);
  expect(scene.state.desired.why).toMatch(/^tried 4: it gave way to the reload by /);
  scene.exit(4, null, 'SIGKILL').prepared({ workers: 2, range }).settle();
  expect(scene.reported('reload-finished')[0]).toMatchObject({ outcome: 'committed', replaced: 3 });
  expect(scene.state).toMatchObject({ size: 3, desired: { workers: 3, range } });
});

test('a reload with another range sets it; one with the same leaves what a person has asked for', () => {
  const scene = started().request({ kind: 'scale', by: 'x', to: 3 }).settle();
  scene.reload().prepared({ workers: 2, range }).settle();
  expect(scene.state.desired).toEqual({ workers: 3, by: 'x' });
  scene
    .reload()
    .prepared({ workers: 5, range: { min: 5, max: 9 } })
    .settle();
  expect(scene.state).toMatchObject({ size: 5, desired: { by: 'config', range: { min: 5, max: 9 } } });
  const { range: _range, ...fixed } = scene.state.settings;
  scene.reload();
  const generation = scene.state.running?.generation ?? 0;
  scene.happen({ type: 'prepared', generation, settings: { ...fixed, workers: 4 } }).settle();
  expect(scene.state.desired).toEqual({ workers: 4, by: 'config' });
});

test('a growth that fails is told, counted, and leaves what serves', () => {
  const scene = started().request(toBy(4)).boot(3).exit(4, 7).settle();
  expect(scene.reported('operation-failed')).toHaveLength(1);
  expect(scene.state).toMatchObject({ size: 3, desired: { workers: 3, failures: 1, range } });
  expect(scene.ready()).toHaveLength(3);
  expect(scene.state.desired).toMatchObject({
    by: 'scaler',
    why: expect.stringMatching(/^tried 4, which failed: .*code 7/),
  });
  scene.request(toBy(4)).settle();
  expect(scene.state.desired.why).toBe('event loops 90% busy');
  expect(scene.state.desired.failures).toBeUndefined();
});

test('while the server leaves its balancer the number stays', () => {
  const scene = started().happen({ type: 'leave-requested', by: 'x' });
  expect(scaling(scene.state)?.may).toBe('none');
});

test('a new master begins with the number that the load has asked for', () => {
  const old = started().request(toBy(5)).settle();
  const scaled = scaledOf(old.state.desired);
  expect(scaled).toEqual({ workers: 5, patience: 1 });
  const scene = new Scene({ workers: 2, range });
  scene.happen({ type: 'start', ...(scaled && { scaled }) });
  expect(scene.state).toMatchObject({ size: 5, desired: { workers: 5, by: 'scaler', patience: 1 } });
});
