/** Many idle connections and a light load: what a reload that moves all of them costs. */
import { needDescriptors } from '../measure/descriptors.mjs';
import { idleRun } from '../measure/idle-run.mjs';
import { phasesOf, sum } from '../report/phases.mjs';
import { machine, save } from '../report/save.mjs';
import { fixed, ms, table, verdict, whole } from '../report/table.mjs';

const LEAST_PER_SECOND = 1500;
const MOST_SLOWER = 2;

/** @param {{workers: number, connections: number, rate: number, seconds: number, reloads: number, sample: number}} options */
export async function idle(options) {
  needDescriptors(options.connections);
  return report(await idleRun(options), options);
}

function report(run, options) {
  const rows = run.reloads.map(({ moves, closed, asked, from, to }, at) => {
    const moved = sum(moves.map(({ connections }) => connections));
    const took = sum(moves.map((move) => move.to - move.from));
    const answered = `${asked.byNewWorkers} of ${asked.answered + asked.failures.length}`;
    return { at: at + 1, moved, took, perSecond: (moved * 1000) / took, closed, answered, all: to - from };
  });
  const head = ['reload', 'moved', 'closed', 'moving took', 'moved/s', 'reload took', 'new answer on'];
  const title = `${whole(options.connections)} idle connections, ${options.workers} workers, ${options.rate} requests/s beside them`;
  const cells = rows.map((row) => [
    row.at,
    whole(row.moved),
    row.closed,
    ms(row.took),
    whole(row.perSecond),
    ms(row.all),
    row.answered,
  ]);
  console.log(`\n${table(head, cells, title)}`);

  const samples = run.tallies.flatMap((tally) => tally.samples);
  const latency = phasesOf(samples, run.from, run.reloads);
  const phases = Object.entries(latency).map(([phase, { requests, p50, p99, max }]) => {
    const cells = [p50, p99, max].map((value) => ms(value));
    return [phase, whole(requests), ...cells, fixed(p99 / latency.before.p99, 2)];
  });
  const heads = ['light load', 'requests', 'p50', 'p99', 'slowest', 'p99 ×'];
  console.log(table(heads, phases, 'Latency from the planned moment'));

  const failed = sum(run.tallies.map((tally) => tally.failed + tally.announced + tally.unannounced));
  const closed = sum(rows.map((row) => row.closed));
  const slowest = Math.min(...rows.map((row) => row.perSecond));
  const ratio = latency['reload, moving'].p99 / latency.before.p99;
  const promises = [
    { what: `idle connections closed: ${closed}`, met: closed === 0 },
    { what: `light load, requests failed and connections closed: ${failed}`, met: failed === 0 },
    {
      what: 'moved connections answer, by the new generation',
      met: run.reloads.every(
        ({ asked }) => asked.failures.length === 0 && asked.byNewWorkers === asked.answered,
      ),
    },
    {
      what: 'every reload committed',
      met: run.reloads.every(({ outcome }) => outcome === 'committed'),
    },
  ];
  const targets = [
    {
      what: `slowest move: ${whole(slowest)} connections per second (target ${LEAST_PER_SECOND})`,
      met: slowest >= LEAST_PER_SECOND,
    },
    {
      what: `p99 while moving: ${fixed(ratio, 2)} of before (target ${MOST_SLOWER})`,
      met: ratio <= MOST_SLOWER,
    },
  ];
  for (const { what, met } of [...promises, ...targets]) console.log(verdict(what, met));
  const { tallies, ...rest } = run;
  const result = { machine: machine(), options, promises, targets, latency, ...rest };
  console.log(`\n${save('idle.json', result)}`);
  return promises.every(({ met }) => met);
}
