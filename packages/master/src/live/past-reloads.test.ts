import type { Notice } from '../decide/notice.ts';
import { PastReloads } from './past-reloads.ts';

const started: Notice = { event: 'started', level: 'info', size: 1, release: 'v1' };
const finished = (generation: number, outcome: 'committed' | 'failed'): Notice => ({
  event: 'reload-finished',
  level: 'info',
  generation,
  outcome,
  operation: { kind: 'reload', by: 'SIGHUP', ids: [] },
  replaced: 1,
  tookMs: 1,
});

const generations = (of: PastReloads['all']) => of.map(({ generation }) => generation);

test('the release that serves is not forgotten, however many reloads fail after it', () => {
  const past = new PastReloads(
    (generation) => generation <= 2,
    () => 'start',
  );
  past.notice(started);
  past.notice(finished(2, 'committed'));
  for (let generation = 3; generation <= 100; generation++) past.notice(finished(generation, 'failed'));
  expect(generations(past.withStart).slice(0, 3)).toEqual([1, 2, 81]);
  expect(past.withStart).toHaveLength(22);
  expect(generations(past.all)).toEqual([91, 92, 93, 94, 95, 96, 97, 98, 99, 100]);
});

test('the start, or the re-exec, is the first release, and no reload', () => {
  for (const by of ['start', 're-exec'] as const) {
    const past = new PastReloads(
      () => true,
      () => by,
    );
    past.notice(started);
    expect(past.withStart).toMatchObject([{ generation: 1, release: 'v1', by, outcome: 'committed' }]);
    expect(past.all).toEqual([]);
  }
});
