import { TshornError } from '@tshorn/core';
import { diagnose, exitCodeOf } from './diagnose.ts';
import { reportJson, reportText } from './report.ts';
import { healthy } from './testing/healthy.ts';

const options = { width: 80, verbose: false, paint: (_: string, text: string) => text, about: 'tshorn 1' };

it('each line fits the terminal, and says what, where, why and how to mend it', async () => {
  const facts = await healthy({ workers: 4 });
  const diagnosis = diagnose({ ...facts, env: {} });
  const lines = reportText(diagnosis, options).split('\n');
  expect(Math.max(...lines.map(({ length }) => length))).toBeLessThanOrEqual(80);
  expect(lines.slice(2, 8)).toEqual([
    'Configuration',
    '  warning  There are more workers than CPUs to run them',
    '           seen  4 workers, and a CPU quota of 2',
    '           why   under load they wait for each other, and a quota stops them all',
    '                 at once: slow responses',
    expect.stringContaining('           mend  leave --workers out'),
  ]);
  expect(lines.at(-1)).toMatch(/^1 warning, 1 note; \d+ checks ok, \d+ not applicable/);
});

it('notes alone leave the exit code at 0', async () => {
  const facts = await healthy();
  expect(exitCodeOf(diagnose({ ...facts, env: {} }))).toBe(0);
  expect(exitCodeOf(diagnose({ ...facts, isRoot: true }))).toBe(1);
});

it('the gravest finding of a group comes first', async () => {
  const facts = await healthy();
  const app = {
    failure: new TshornError('ERR_APP_THROWS', 'x', { fix: 'do this' }),
    warnings: ['w'],
    printedBytes: 0,
    lastLines: [],
  };
  const { findings } = diagnose({ ...facts, app });
  expect(findings.map(({ id, mend }) => [id, mend])).toEqual([
    ['app-start', 'do this'],
    ['boot-warnings', expect.stringContaining('tshorn check')],
  ]);
});

it('--json has every finding and the names of the rest', async () => {
  const facts = await healthy({ workers: 4 });
  const { findings, ok, exitCode } = JSON.parse(reportJson(diagnose(facts)));
  expect(findings).toEqual([expect.objectContaining({ id: 'workers-above-cpus', level: 'warning' })]);
  expect([exitCode, ok.includes('keep-alive')]).toEqual([1, true]);
});
