/** The costs of being seen: metrics and access log, per request, in memory, and a scrape of many workers. */
import fs from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Load } from '../load/load.mjs';
import { freePort, start, tshorn } from '../measure/contenders.mjs';
import { childrenOf, memoryOf } from '../measure/proc.mjs';
import { failedOf, sideBySide } from '../measure/side-by-side.mjs';
import { median, pairedRatio, quantile, spread } from '../measure/stats.mjs';
import { machine, save } from '../report/save.mjs';
import { fixed, mb, ms, table, verdict, whole } from '../report/table.mjs';

const contendersIn = (directory) => {
  const log = (format) => [
    '--access-log',
    path.join(directory, `${format}.log`),
    '--access-log-format',
    format,
  ];
  return {
    without: { name: 'without', ...tshorn('--no-metrics') },
    again: { name: 'without, once more', ...tshorn('--no-metrics') },
    metrics: { name: 'metrics', ...tshorn() },
    combined: { name: 'metrics, access log', ...tshorn(...log('combined')) },
    json: { name: 'metrics, access log in JSON', ...tshorn(...log('json')) },
    load: { name: 'metrics, load for Envoy', ...tshorn('--endpoint-load-metrics') },
  };
};
/** Requests per CPU second, of those of `without`. */
const TARGETS = { metrics: 0.99, combined: 0.95, json: 0.95 };

/** @param {import('../measure/side-by-side.mjs').Options & {scraped: number}} options */
export async function observed(options) {
  const directory = fs.mkdtempSync(path.join(tmpdir(), 'tshorn-bench-'));
  try {
    const turns = await turnsOf(contendersIn(directory), options);
    return report(turns, await scrapeOf(options.scraped), options);
  } finally {
    fs.rmSync(directory, { recursive: true });
  }
}

async function turnsOf(contenders, options) {
  /** The private pages of each worker, at the end of each start. */
  const pages = Object.fromEntries(Object.keys(contenders).map((key) => [key, []]));
  const starts = Object.fromEntries(
    Object.entries(contenders).map(([key, contender]) => [key, () => start(contender, options.workers)]),
  );
  const { keepAlive } = await sideBySide(starts, ['keepAlive'], options, {
    last: (servers) => {
      for (const [key, { pid }] of Object.entries(servers)) {
        pages[key].push(...childrenOf(pid).map((worker) => memoryOf(worker).own));
      }
    },
  });
  return Object.entries(contenders).map(([key, { name }]) => ({
    key,
    name,
    samples: keepAlive[key],
    own: median(pages[key]),
  }));
}

/** Twenty scrapes of a server with many workers, each of which has served. */
async function scrapeOf(workers) {
  const port = await freePort();
  const load = new Load();
  const server = await start({ name: 'scraped', ...tshorn('--admin', `127.0.0.1:${port}`) }, workers);
  try {
    const hasStarted = async () => (await fetch(`http://127.0.0.1:${port}/startup`)).ok;
    for (const end = Date.now() + 20_000 + workers * 1_000; !(await hasStarted()); ) {
      if (Date.now() > end) throw new Error('not all workers became ready');
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
    await load.single(server, { connections: 64, milliseconds: 3_000 });
    const tooks = [];
    let bytes = 0;
    for (let at = 0; at < 20; at++) {
      // The master answers scrapes within the same moment by one text.
      await new Promise((resolve) => setTimeout(resolve, 1_000));
      const begun = performance.now();
      const response = await fetch(`http://127.0.0.1:${port}/metrics`);
      bytes = (await response.arrayBuffer()).byteLength;
      tooks.push(performance.now() - begun);
    }
    return { workers, bytes, median: median(tooks), worst: quantile(tooks, 1) };
  } finally {
    load.close();
    await server.stop();
  }
}

function report(turns, scrape, options) {
  const { workers, starts, rounds, seconds, connections } = options;
  const of = (turn, figure) => turn.samples.map((sample) => sample[figure]);
  const [without] = turns;
  console.log(
    `\n${workers} workers, ${connections} keep-alive connections, ${starts} starts, medians of ${starts * rounds} rounds of ${seconds} s\n`,
  );
  const figures = turns.map((turn) => ({
    key: turn.key,
    name: turn.name,
    rate: median(of(turn, 'rate')),
    cpuUs: median(of(turn, 'cpuUs')),
    ratio: pairedRatio(of(without, 'cpuUs'), of(turn, 'cpuUs')),
    own: turn.own,
  }));
  const head = ['', 'requests/s', 'CPU µs/request', '', 'requests per CPU second', 'own pages of a worker'];
  const rows = figures.map(({ name, rate, cpuUs, ratio, own }, at) => [
    name,
    whole(rate),
    fixed(cpuUs, 1),
    `±${fixed(50 * spread(of(turns[at], 'cpuUs')))}%`,
    `× ${fixed(ratio, 3)}`,
    mb(own),
  ]);
  console.log(table(head, rows));
  console.log(
    `  a scrape of ${scrape.workers} workers: ${ms(scrape.median)}, ${ms(scrape.worst)} at the worst, ${whole(scrape.bytes)} bytes`,
  );
  const cpuOf = (key) =>
    of(
      turns.find((turn) => turn.key === key),
      'cpuUs',
    );
  const loadRatio = pairedRatio(cpuOf('metrics'), cpuOf('load'));
  console.log(`  load for Envoy, against metrics alone: × ${fixed(loadRatio, 3)}`);
  const targets = figures
    .filter(({ key }) => key in TARGETS)
    .map(({ key, name, ratio }) => ({
      what: `${name}: × ${fixed(ratio, 3)} (target ${TARGETS[key]})`,
      met: ratio >= TARGETS[key],
    }));
  for (const { what, met } of targets) console.log(verdict(what, met));
  const failed = failedOf({ keepAlive: Object.fromEntries(turns.map((turn) => [turn.key, turn.samples])) });
  console.log(`  failed requests: ${failed}`);
  console.log(
    `\n${save('observed.json', { machine: machine(), options, figures, scrape, loadRatio, targets, failed })}`,
  );
  return failed === 0;
}
