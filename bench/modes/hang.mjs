/** A request that never ends, in a worker with hundreds of idle connections: when these are served again. */
import { hangRun, TIMEOUT_MS } from '../measure/hang-run.mjs';
import { machine, save } from '../report/save.mjs';
import { ms, table, verdict } from '../report/table.mjs';

const MOST_MS = 1_000;

/** @param {{workers: number, connections: number, rounds: number}} options */
export async function hang(options) {
  const rounds = [];
  for (let round = 0; round < options.rounds; round++) rounds.push(await hangRun(options));
  const head = [
    'round',
    'idle',
    'closed',
    'rescued',
    'lost',
    'interrupted',
    'verdict to last answer',
    'beyond --timeout',
  ];
  const cells = rounds.map((one, at) => [
    at + 1,
    one.idle,
    one.closed,
    one.rescued,
    one.lost,
    one.interrupted ? 'yes' : 'no',
    ms(one.fromVerdictMs),
    ms(one.beyondMs),
  ]);
  const title = `One request hangs; --timeout ${TIMEOUT_MS / 1000}s, ${options.workers} workers`;
  console.log(`\n${table(head, cells, title)}`);
  const closed = rounds.reduce((sum, one) => sum + one.closed, 0);
  const slowest = Math.max(...rounds.map(({ beyondMs }) => beyondMs));
  const promises = [
    { what: `idle connections closed: ${closed}`, met: closed === 0 },
    { what: 'requests lost: the one that hangs', met: rounds.every(({ lost }) => lost === 1) },
  ];
  const targets = [
    { what: `slowest: ${ms(slowest)} beyond --timeout (target ${MOST_MS})`, met: slowest <= MOST_MS },
  ];
  for (const { what, met } of [...promises, ...targets]) console.log(verdict(what, met));
  console.log(`\n${save('hang.json', { machine: machine(), options, promises, targets, rounds })}`);
  return promises.every(({ met }) => met);
}
