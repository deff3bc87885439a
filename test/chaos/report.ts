/** The words about failures that nothing explains: few enough lines for a log that is cut off. */
import type { Failure } from './clients.ts';
import type { Strike } from './faults.ts';

/** An act, by this process's clock; without an end it is still under way. */
export interface Acted {
  readonly at: number;
  readonly act: string;
  over?: number;
  detail?: string;
}

interface Story {
  readonly startedAt: number;
  readonly acted: readonly Acted[];
  readonly strikes: readonly Strike[];
  linesBetween(from: number, until: number): string[];
}

/** A worker takes its clients along within this time. */
const BURST_MS = 500;
/** An act has its effect within this time, and a verdict about a worker comes so long before its clients notice. */
const BEFORE_MS = 6_000;
const AFTER_MS = 2_000;
const MOST_BURSTS = 12;
const MOST_LOG_LINES = 8;
const LONGEST_LINE = 180;

/** One line for each burst of failures, and the warnings and errors of the log around it. */
export function describeBursts(failures: readonly Failure[], story: Story): string {
  const bursts = burstsOf(failures);
  const more = bursts.length > MOST_BURSTS ? [`... and ${bursts.length - MOST_BURSTS} bursts more`] : [];
  return [...bursts.slice(0, MOST_BURSTS).map((burst) => describe(burst, story)), ...more].join('\n');
}

function burstsOf(failures: readonly Failure[]): Failure[][] {
  const bursts: Failure[][] = [];
  for (const failure of failures.toSorted((one, other) => one.at - other.at)) {
    const last = bursts.at(-1);
    if (last?.[0] && failure.at - last[0].at < BURST_MS) last.push(failure);
    else bursts.push([failure]);
  }
  return bursts;
}

function describe(burst: readonly Failure[], { startedAt, acted, strikes, linesBetween }: Story): string {
  const at = burst[0]?.at ?? 0;
  const [from, until] = [at - BEFORE_MS, at + AFTER_MS];
  const clock = (time: number) => `${((time - startedAt) / 1_000).toFixed(1)}s`;
  const kinds = tally(burst.map(({ what, reason }) => `${what.replace(/ [/#].*/, '')}: ${reason}`));
  const opened = burst.map(({ since }) => since);
  const acts = acted
    .filter((act) => act.at <= until && (act.over ?? until) >= from)
    .map(({ at: begun, act, over, detail }) =>
      [act, `${clock(begun)}-${over === undefined ? '' : clock(over)}`, detail && `(${detail})`]
        .filter(Boolean)
        .join(' '),
    );
  const struck = strikes
    .filter((strike) => strike.at >= from && strike.at <= until)
    .map(({ fault, pid, at: time, clients }) => {
      const hit = burst.filter(({ port }) => clients.has(port)).length;
      return `${fault} ${clock(time)} pid ${pid} (${clients.size} clients, ${hit} of these)`;
    });
  const servers = [...new Set(burst.map(({ server }) => server).filter(Boolean))];
  return [
    `at ${clock(at)}: ${burst.length} lost (${kinds})`,
    `opened ${clock(Math.min(...opened))} to ${clock(Math.max(...opened))}`,
    `answered last by ${servers.join(', ') || 'nobody'}`,
    `acts: ${acts.join(', ') || 'none'}`,
    `struck: ${struck.join(', ') || 'nobody'}`,
  ]
    .join('; ')
    .concat(...worst(linesBetween(from, until)).map((line) => `\n    ${line.slice(0, LONGEST_LINE)}`));
}

const tally = (names: readonly string[]): string =>
  [...new Set(names)].map((name) => `${name} ×${names.filter((other) => other === name).length}`).join(', ');

/** The last warnings and errors; the hooks fail as one of the acts. */
function worst(lines: readonly string[]): string[] {
  return lines
    .flatMap((line) => {
      try {
        const { level, event, msg } = JSON.parse(line) as { level: number; event?: string; msg: string };
        return (level >= WARNING && event !== 'hook-failed') || event === 'contained'
          ? [msg.split('\n', 1)[0] ?? '']
          : [];
      } catch {
        return []; // Half a line.
      }
    })
    .slice(-MOST_LOG_LINES);
}

/** As pino counts. */
const WARNING = 40;
