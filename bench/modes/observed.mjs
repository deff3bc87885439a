/** The costs of being seen: metrics and access log, per request, in memory, and a scrape of many workers. */
import fs from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { freePort, start, tshorn } from '../measure/contenders.mjs';
import { childrenOf, memoryOf } from '../measure/proc.mjs';
import { rateOf } from '../measure/rate-run.mjs';
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

/** @param {{workers: number, rounds: number, seconds: number, connections: number, scraped: number}} options */
export async function observed(options) {
  const directory = fs.mkdtempSync(path.join(tmpdir(), 'tshorn-bench-'));
  try {
    const turns = await sideBySide(contendersIn(directory), options);
    return report(turns, await scrapeOf(options.scraped), options);
  } finally {
    fs.rmSync(directory, { recursive: true });
  }
}

async function sideBySide(contenders, options) {
  const keys = Object.keys(contenders);
  const servers = {};
  const samples = Object.fromEntries(keys.map((key) => [key, []]));
  try {
    for (const key of keys) servers[key] = await start(contenders[key], options.workers);
    // Round 0 warms up: its figures are dropped.
    for (let round = 0; round <= options.rounds; round++) {
      for (let turn = 0; turn < keys.length; turn++) {
        const key = keys[(turn + round) % keys.length];
        const sample = await rateOf(servers[key], 'keepAlive', options);
        if (round > 0) samples[key].push(sample);
      }
      process.stderr.write(round ? `round ${round} of ${options.rounds}\n` : 'warmed up\n');
    }
    const memory = (key) => median(childrenOf(servers[key].pid).map((pid) => memoryOf(pid).own));
    return keys.map((key) => ({ key, name: contenders[key].name, samples: samples[key], own: memory(key) }));
  } finally {
    await Promise.all(Object.values(servers).map((server) => server.stop()));
  }
}

/** Twenty scrapes of a server with many workers, each of which has served. */
async function scrapeOf(workers) {
  const port = await freePort();
  const server = await start({ name: 'scraped', ...tshorn('--admin', `127.0.0.1:${port}`) }, workers);
  try {
    const hasStarted = async () => (await fetch(`http://127.0.0.1:${port}/startup`)).ok;
    for (const end = Date.now() + 20_000 + workers * 1_000; !(await hasStarted()); ) {
      if (Date.now() > end) throw new Error('not all workers became ready');
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
    await rateOf(server, 'perRequest', { connections: 64, seconds: 3 });
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
    await server.stop();
  }
}

function report(turns, scrape, options) {
  const { workers, rounds, seconds, connections } = options;
  const of = (turn, figure) => turn.samples.map((sample) => sample[figure]);
  const [without] = turns;
  console.log(
    `\n${workers} workers, ${connections} keep-alive connections, medians of ${rounds} rounds of ${seconds} s\n`,
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
  const failed = turns.flatMap((turn) => of(turn, 'failed')).reduce((sum, value) => sum + value, 0);
  console.log(`  failed requests: ${failed}`);
  console.log(
    `\n${save('observed.json', { machine: machine(), options, figures, scrape, loadRatio, targets, failed })}`,
  );
  return failed === 0;
}
