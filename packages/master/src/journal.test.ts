import type { Notice, Outcome } from './decide/notice.ts';
import { textOf } from './journal.ts';

const verdict = (outcome: Outcome, by: string, serving?: number) =>
  textOf({
    event: 'reload-finished',
    level: 'error',
    generation: 3,
    operation: { kind: 'reload', by, ids: [] },
    outcome,
    ...(serving !== undefined && { serving }),
    replaced: 0,
    tookMs: 200,
    reason: 'it throws',
  } satisfies Notice);

test('a reload that fails says why; one of watch mode has said so in the line before', () => {
  expect(verdict('rolled-back', 'SIGHUP', 2)).toMatch(
    /^reload to gen=3 rolled back after \S+, gen=2 still serves: it throws$/,
  );
  expect(verdict('rolled-back', 'watch', 2)).toMatch(
    /^reload to gen=3 rolled back after \S+, gen=2 still serves$/,
  );
  expect(verdict('failed', 'watch', 2)).toMatch(/^reload to gen=3 failed after \S+$/);
  expect(verdict('refused', 'watch', 2)).toMatch(/: it throws$/);
});

test('while nothing has served yet, nothing still serves', () =>
  expect(verdict('aborted', 'watch')).toMatch(/aborted after \S+, nothing serves yet: it throws$/));

test('the begin of a rollback fits a line of 80 columns with the time before it, and names the release first', () => {
  const began = (release?: string) =>
    textOf({
      event: 'reload-started',
      level: 'info',
      generation: 4,
      operation: { kind: 'reload', by: 'tshorn rollback', ids: [] },
      backTo: 1,
      ...(release !== undefined && { release }),
    } satisfies Notice);
  expect(began('v1.4.1')).toBe('reload to gen=4 back to v1.4.1 (gen=1) by tshorn rollback');
  expect(`[10:50:14.601] INFO: ${began('v1.4.1')}`.length).toBeLessThan(80);
  expect(began()).toBe('reload to gen=4 back to gen=1 by tshorn rollback');
});
