import fs from 'node:fs';
import path from 'node:path';
import { scaling } from '../decide/testing/looks.ts';
import { fixed, ours, phpFpm, type Rule, uwsgiBusyness, watt } from './testing/peers.ts';
import { type Outcome, run, traces } from './testing/simulation.ts';

const SEED = 20_261_129;
const page = path.join(__dirname, '../../../../docs/scaling.md');

const RULES: Readonly<Record<string, () => Rule>> = {
  tshorn: () => ours(scaling),
  'uWSGI busyness': uwsgiBusyness,
  Watt: watt,
  'PHP-FPM dynamic': phpFpm,
  'eight workers': () => fixed,
};

const outcomes = traces(SEED).map((trace) => ({
  name: trace.name,
  of: Object.fromEntries(Object.entries(RULES).map(([name, rule]) => [name, run(trace, rule())])) as Record<
    string,
    Outcome
  >,
}));

const of = (trace: number) => outcomes[trace]?.of.tshorn as Outcome;

function table(): string {
  const rows = outcomes.flatMap(({ name, of }) =>
    Object.entries(of).map(([rule, { overshoot, tooSmall, hours, reversals }], at) => {
      const cells = [
        at === 0 ? name : '',
        rule,
        `${tooSmall} s`,
        overshoot,
        `${Math.round(hours * 100)} %`,
        reversals,
      ];
      return `| ${cells.join(' | ')} |`;
    }),
  );
  const head = ['load', 'rules', 'too small', 'overshoot', 'worker-hours', 'reversals'];
  return [`| ${head.join(' | ')} |`, '|---|---|---|---|---|---|', ...rows].join('\n');
}

test('the table in docs/scaling.md is that of this simulation', () => {
  const text = fs.readFileSync(page, 'utf8');
  if (!text.includes(table())) throw new Error(`docs/scaling.md should have this table:\n\n${table()}\n`);
});

test('a step is followed within 15 s, with one reversal and no worker too many', () => {
  expect(of(0).tooSmall).toBeLessThanOrEqual(15);
  expect(of(0)).toMatchObject({ reversals: 1 });
  expect(of(0).overshoot).toBeLessThanOrEqual(1);
  expect(of(0).hours).toBeLessThan(0.5);
});

test('a slow change is never too slow to follow, and costs half of the fixed number', () => {
  expect(of(1).tooSmall).toBe(0);
  expect(of(1).hours).toBeLessThan(0.65);
  expect(of(1).reversals).toBeLessThanOrEqual(3);
});

test('repeated spikes meet workers that have stayed for them', () => {
  const { tooSmall, reversals } = of(2);
  expect(tooSmall).toBeLessThan(outcomes[2]?.of.Watt?.tooSmall ?? 0);
  expect(reversals).toBeLessThan(20);
});

test('boots of a minute start no worker too many', () => {
  expect(of(3)).toMatchObject({ reversals: 1 });
  expect(of(3).overshoot).toBeLessThanOrEqual(1);
});
