import type { Settings } from './model.ts';
import { findRelease, releaseOf } from './releases.ts';
import { Scene } from './testing/scene.ts';

/** Deploys releases, each with its name. */
function deployed(...names: string[]): Scene {
  const [first = '', ...others] = names;
  const scene = new Scene({ workers: 1 }, first).started();
  for (const name of others) deploy(scene, name);
  return scene.forget();
}

const deploy = (scene: Scene, release: string, more: { sameAs?: number } = {}) =>
  answer(scene.reload(), { release, ...more }).settle();

const answer = (scene: Scene, more: { release?: string; sameAs?: number; sameFiles?: boolean }) => {
  const { running, settings } = scene.state;
  return scene.happen({ type: 'prepared', generation: running?.generation ?? 0, settings, ...more });
};

/** As the master does: the release is found first. */
function rollback(scene: Scene, wanted?: string, ids: number[] = []): Scene {
  const found = findRelease(scene.state, wanted);
  if (typeof found === 'object') throw new Error(found.refusal);
  return scene.request({ kind: 'reload', by: 'rollback', backTo: found, ids });
}

/** The release is taken as it was. */
const taken = (scene: Scene) => {
  const { operation } = scene.state.running ?? {};
  const backTo = operation?.kind === 'reload' ? operation.backTo : undefined;
  const name = releaseOf(scene.state, backTo ?? 0)?.name;
  return answer(scene, name === undefined ? {} : { release: name });
};

const listOf = ({ state }: Scene) => state.releases.map(({ name, generation }) => `${name}:${generation}`);
const refusal = (scene: Scene, wanted?: string) => findRelease(scene.state, wanted);

test('the release that served before is the one that a rollback brings, as a new generation', () => {
  const scene = deployed('v1', 'v2', 'v3');
  expect(listOf(scene)).toEqual(['v3:3', 'v2:2', 'v1:1']);
  rollback(scene);
  expect(scene.effects).toContainEqual({ do: 'prepare', generation: 4, backTo: 2 });
  expect(scene.reported('reload-started')).toMatchObject([{ generation: 4, backTo: 2, release: 'v2' }]);
  taken(scene).settle();
  expect(scene.reported('reload-finished')).toMatchObject([
    { generation: 4, backTo: 2, release: 'v2', outcome: 'committed', serving: 4 },
  ]);
  expect(scene.ready()).toMatchObject([{ generation: 4 }]);
  expect(listOf(scene)).toEqual(['v2:4', 'v3:3', 'v1:1']);
});

test('a rollback that brings settings and no other code tells everybody who asked for it', () => {
  const scene = rollback(deployed('v1', 'v1'));
  answer(scene, { release: 'v1', sameFiles: true }).settle();
  expect(scene.reported('same-files')).toMatchObject([
    { level: 'warn', generation: 1, text: expect.stringContaining('and no other code') },
  ]);
  expect(
    taken(rollback(deployed('v1', 'v2')))
      .settle()
      .reported('same-files'),
  ).toEqual([]);
});

test('a rollback of a rollback goes forward again, and a named one further back', () => {
  const scene = deployed('v1', 'v2', 'v3');
  taken(rollback(scene)).settle();
  taken(rollback(scene)).settle();
  expect(listOf(scene)).toEqual(['v3:5', 'v2:4', 'v1:1']);
  taken(rollback(scene, 'v1')).settle();
  expect(listOf(scene)).toEqual(['v1:6', 'v3:5', 'v2:4']);
});

test.each([
  ['v1', 1],
  ['1', 1],
  ['gen=1', 1],
  ['2', 4],
  ['4', 4],
  ['v2', 4],
])('after v1, v2, v3, v2, v3 the word %s means generation %d', (wanted, generation) => {
  const scene = deployed('v1', 'v2', 'v3');
  taken(rollback(scene)).settle();
  taken(rollback(scene)).settle();
  expect(findRelease(scene.state, wanted)).toBe(generation);
});

test('a name stands before a generation of the same digits, and of two with one name the newer', () => {
  const scene = deployed('a', '1', 'b', 'a', 'a');
  expect(findRelease(scene.state, '1')).toBe(2);
  expect(findRelease(scene.state, 'gen=1')).toBe(1);
  expect(findRelease(scene.state, 'a')).toBe(4);
});

test('what cannot be is refused with the reason', () => {
  expect(refusal(deployed('v1'))).toEqual({
    refusal: expect.stringContaining('has served v1 (gen=1) alone'),
  });
  expect(refusal(deployed('v1', 'v2'), 'v2')).toEqual({ refusal: 'v2 (gen=2) serves already' });
  expect(refusal(deployed('v1', 'v2'), '2')).toEqual({ refusal: 'v2 (gen=2) serves already' });
  expect(refusal(deployed('v1', 'v2'), 'v9')).toEqual({
    refusal: expect.stringContaining(
      '"v9" that can be served again; there are v1 (gen=1), and v2 (gen=2) serves',
    ),
  });
  expect(findRelease(deployed('v1', 'v2', 'v3').state, 'v9', (generation) => generation === 2)).toEqual({
    refusal: expect.stringContaining('; there are v1 (gen=1), and v3 (gen=3) serves'),
  });
  expect(findRelease(deployed('v1', 'v2').state, 'v9', () => true)).toEqual({
    refusal: expect.stringContaining('; there is no other, and v2 (gen=2) serves'),
  });
  const watching = new Scene({ watch: true } as Settings).started();
  expect(refusal(watching)).toEqual({ refusal: expect.stringContaining('no rollback in watch mode') });
});

test('during a reload the release before is no certain one, but a named one is', () => {
  const scene = deployed('v1', 'v2').reload();
  expect(refusal(scene)).toEqual({ refusal: expect.stringContaining('reload --abort') });
  expect(refusal(scene, 'v2')).toEqual({ refusal: expect.stringMatching(/serves already, and a reload/) });
  rollback(scene, 'v1');
  answer(scene, { release: 'v3' }).settle();
  expect(scene.reported('reload-started').at(-1)).toMatchObject({ generation: 4, backTo: 1 });
  taken(scene).settle();
  expect(listOf(scene)).toEqual(['v1:4', 'v3:3', 'v2:2']);
});

test('a reload that has committed can be rolled back while its old workers still leave', () => {
  const scene = deployed('v1');
  answer(scene.reload(), { release: 'v2' });
  while (!scene.state.running?.committed) {
    for (const { serial, state, park } of Object.values(scene.state.workers)) {
      if (state === 'spawned') scene.boot(serial);
      if (state === 'draining' && park) scene.drained(serial);
    }
    scene.agree();
  }
  expect(findRelease(scene.state, undefined)).toBe(1);
});

test('a rollback and a HUP that wait keep their order, and like ones become one', () => {
  const scene = deployed('v1', 'v2').reload();
  const hup = (id: number) => scene.request({ kind: 'reload', by: 'HUP', ids: [id] });
  hup(1);
  rollback(scene, 'v1', [2]);
  rollback(scene, 'v1', [3]);
  hup(4);
  hup(5);
  expect(scene.state.queue).toMatchObject([{ ids: [1] }, { ids: [2, 3], backTo: 1 }, { ids: [4, 5] }]);
});

test('a rollback that does not come up is rolled back, and the list stays', () => {
  const scene = deployed('v1', 'v2');
  taken(rollback(scene));
  scene.boot(3, 'broken').settle();
  expect(scene.reported('reload-finished')).toMatchObject([
    { outcome: 'rolled-back', backTo: 1, release: 'v1', serving: 2, reason: expect.stringContaining('500') },
  ]);
  expect(listOf(scene)).toEqual(['v2:2', 'v1:1']);
});

test('one that is refused names its release', () => {
  const scene = rollback(deployed('v1', 'v2')).refused('it is gone');
  expect(scene.reported('reload-finished')).toMatchObject([
    { outcome: 'refused', backTo: 1, release: 'v1', reason: 'it is gone' },
  ]);
});

test('a crash, a scale-up and a recycle after a rollback start its generation', () => {
  const scene = deployed('v1', 'v2');
  taken(rollback(scene)).settle().forget();
  const [{ serial } = { serial: 0 }] = scene.ready();
  scene.exit(serial, 1).settle();
  scene.request({ kind: 'scale', by: 'x', to: 2 }).settle();
  scene.request({ kind: 'recycle', by: 'x', serial: scene.ready()[0]?.serial ?? 0 }).settle();
  expect(scene.spawns.map(({ generation }) => generation)).toEqual([3, 3, 3]);
});

test('a reload that brings nothing new makes no new release', () => {
  const scene = deployed('v1', 'v2');
  deploy(scene, 'v2', { sameAs: 2 });
  deploy(scene, 'v2', { sameAs: 3 });
  expect(listOf(scene)).toEqual(['v2:4', 'v1:1']);
  expect(findRelease(scene.state, undefined)).toBe(1);
});

test('a reload that brings again what was rolled back from is warned of, and another one is not', () => {
  const warnings = (scene: Scene) => scene.reported('noted').filter(({ level }) => level === 'warn');
  const scene = deployed('v1', 'v2');
  taken(rollback(scene)).settle();
  deploy(scene, 'v2', { sameAs: 2 });
  expect(warnings(scene)).toMatchObject([
    { text: expect.stringContaining('brings v2 (gen=2) again, which rollback has replaced') },
  ]);
  taken(rollback(scene.forget())).settle();
  deploy(scene, 'v3');
  deploy(scene, 'v2', { sameAs: 4 });
  expect(warnings(scene)).toEqual([]);
});

test('the last ten releases are kept, with the workers of others that still serve', () => {
  const names = Array.from({ length: 15 }, (_, at) => `v${at + 1}`);
  const scene = deployed(...names);
  expect(listOf(scene)).toHaveLength(10);
  deploy(scene, 'v16');
  const kept = scene.effects.findLast((effect) => effect.do === 'keep-releases');
  expect(kept).toEqual({ do: 'keep-releases', generations: expect.arrayContaining([16, 7]) });
  expect(kept?.do === 'keep-releases' && kept.generations).toHaveLength(10);
  expect(refusal(scene, 'v1')).toEqual({ refusal: expect.stringContaining('there is no release "v1"') });
});

test('in watch mode only the newest is kept', () => {
  const scene = new Scene({ workers: 1, watch: true }, 'a').started();
  deploy(scene, 'b');
  expect(listOf(scene)).toEqual(['b:2']);
});
