import type { ReleaseStatus } from '@tshorn/master';
import { plain } from '../style.ts';
import { releasesText } from './releases-view.ts';

const NOW = Date.parse('2026-01-02T03:04:05Z');
const of = (generation: number, more: Partial<ReleaseStatus>): ReleaseStatus => ({
  generation,
  release: `v${generation}`,
  outcome: 'committed',
  state: 'kept',
  by: 'SIGHUP',
  at: '2026-01-02T02:04:05Z',
  replaced: 2,
  tookMs: 10,
  ...more,
});
const LONG = `shop-${'x'.repeat(80)}-v7`;
const LIST = [
  of(5, { state: 'none', outcome: 'rolled-back', reason: '/_status answered 500\n  fix: answer 200' }),
  of(4, { state: 'serves', by: 'tshorn rollback', release: LONG }),
  of(3, { state: 'previous' }),
  of(2, { state: 'kept', at: '2025-01-02T03:04:05Z' }),
  of(1, { state: 'gone', gone: '/srv/1 is gone', by: 'start' }),
];
const around = { paint: plain, width: 80, now: NOW };

test('each release has its state, a reason where it has one, and the words that bring it back', () => {
  const lines = releasesText(LIST, around).split('\n');
  expect(lines[1]).toMatch(/^ +5 +v5 +- +rolled-back +1h 0m ago +SIGHUP$/);
  expect(lines[2]).toBe('     /_status answered 500');
  expect(lines[3]).toMatch(/^ +4 /);
  expect(lines[4]).toMatch(/^ +3 +v3 +previous +committed/);
  expect(lines[7]).toBe('     /srv/1 is gone');
  expect(lines.at(-1)).toBe('tshorn rollback brings v3; tshorn rollback v2 brings that one');
});

test('a long name is cut in its middle where the table would not fit the terminal, and whole in a pipe', () => {
  const lines = releasesText(LIST, around).split('\n');
  expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(80);
  expect(lines[3]).toMatch(/ shop-x+…x+-v7 +serves /);
  expect(releasesText(LIST, { ...around, width: undefined })).toContain(LONG);
});

test('releases of one name are called by their generations, which the rollback finds', () => {
  const same = (generation: number, state: ReleaseStatus['state']) =>
    of(generation, { state, release: 'v1' });
  const text = releasesText([same(4, 'serves'), same(3, 'previous'), same(2, 'kept')], around);
  expect(text).toContain('tshorn rollback brings v1 of generation 3; tshorn rollback 2 brings that one');
  const failed = releasesText([same(5, 'none'), of(4, { state: 'serves' }), same(3, 'previous')], around);
  expect(failed).toContain('tshorn rollback brings v1');
});

test('a release without a name is called by its generation', () => {
  const { release: _, ...nameless } = of(1, { state: 'previous' });
  const text = releasesText([of(2, { state: 'serves' }), nameless], around);
  expect(text).toMatch(/1 +- +previous/);
  expect(text).toContain('tshorn rollback brings generation 1');
});
