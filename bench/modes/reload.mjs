/** Reloads under load, and what its clients noticed of them. */
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { Cannon } from '../load/cannon.mjs';
import { OpenLoop } from '../load/open-loop.mjs';
import { quantile } from '../measure/stats.mjs';
import { Tshorn } from '../measure/tshorn.mjs';
import { machine, save } from '../report/save.mjs';
import { ms, table, verdict, whole } from '../report/table.mjs';
import { timeline } from '../report/timeline.mjs';

const slowStart = fileURLToPath(new URL('../apps/slow-start.mjs', import.meta.url));
const WARM_UP_S = 2;
const BETWEEN_S = 2;

/**
 * Three quarters of the rate are planned requests, the rest is autocannon's. On top of it there are
 * connections that are quiet for seconds, longer than a drain waits for a next request: they show
 * whether a reload closes what is idle.
 */
const QUIET = { connections: 24, seconds: 4 };

function clientsOf(port, rate) {
  const planned = { port, rate: (rate * 3) / 8 };
  const cannon = { port, rate: rate / 8, connections: 10 };
  return [
    new OpenLoop({ ...planned, name: 'planned, keep-alive', keepAlive: true, connections: 40 }),
    new OpenLoop({
      name: `planned, keep-alive, quiet for ${QUIET.seconds} s`,
      port,
      rate: QUIET.connections / QUIET.seconds,
      keepAlive: true,
      connections: QUIET.connections,
    }),
    new OpenLoop({ ...planned, name: 'planned, new connection each', keepAlive: false }),
    new Cannon({ ...cannon, name: 'autocannon, keep-alive', keepAlive: true }),
    new Cannon({ ...cannon, name: 'autocannon, new connection each', keepAlive: false }),
  ];
}

/** @param {{workers: number, reloads: number, rate: number, seconds: number, app?: string}} options */
export async function reload({ app, ...options }) {
  const server = new Tshorn(app ? path.resolve(app) : slowStart, options.workers);
  const reloads = [];
  let clients = [];
  let from = 0;
  let to = 0;
  try {
    await server.event('started');
    clients = clientsOf(server.port, options.rate);
    await Promise.all(clients.map((client) => client.start()));
    await sleep(WARM_UP_S * 1000);
    from = Date.now();
    await sleep(options.seconds * 1000);
    for (let count = 1; count <= options.reloads; count++) {
      if (count > 1) await sleep(BETWEEN_S * 1000);
      const { started, finished } = await server.reload();
      const { outcome, reason } = finished;
      reloads.push({
        from: started.time,
        to: finished.time,
        tookMs: finished.time - started.time,
        outcome,
        reason,
      });
      process.stderr.write(`${finished.msg}\n`);
    }
    await sleep(options.seconds * 1000);
    to = Date.now();
  } finally {
    await Promise.all(clients.map((client) => client.stop()));
    await server.stop();
  }
  const ready = server.readyOverTime();
  const run = { from, to, reloads, ready, lines: server.lines, tallies: clients.map(({ tally }) => tally) };
  return report(run, options);
}

/** The fewest ready workers between two moments. */
function leastReady(ready, from, to) {
  const before = ready.filter(({ at }) => at <= from).at(-1);
  const within = ready.filter(({ at }) => at > from && at <= to);
  return Math.min(...[before, ...within].map((step) => step?.ready ?? 0));
}

/** A request belongs to the reload when any part of its time does. */
function phaseOf({ at, ms }, reloads) {
  if (reloads.some((reload) => at >= reload.from && at - ms <= reload.to)) return 'during';
  return at < reloads[0].from ? 'before' : 'after';
}

function latencies(tally, { from, reloads }) {
  const phases = { before: [], during: [], after: [] };
  for (const sample of tally.samples) if (sample.at >= from) phases[phaseOf(sample, reloads)].push(sample.ms);
  const figures = (all) => ({ p50: quantile(all, 0.5), p99: quantile(all, 0.99), max: quantile(all, 1) });
  return Object.fromEntries(Object.entries(phases).map(([phase, all]) => [phase, figures(all)]));
}

function report(run, options) {
  const { tallies, reloads } = run;
  const kinds = /** @type {const} */ (['answered', 'refused', 'reset', 'timeout', 'non-2xx']);
  const head = ['client', ...kinds, 'closed, announced', 'closed, unannounced'];
  const counts = tallies.map((tally) => [
    tally.name,
    ...kinds.map((kind) => whole(tally[kind])),
    tally.announced,
    tally.unannounced,
  ]);
  console.log(
    `\n${reloads.length} reloads of ${options.workers} workers under ${options.rate} requests/s, half of them ` +
      'on a new connection each\n',
  );
  console.log(table(head, counts, 'Requests, and keep-alive connections that the server closed'));

  const figures = Object.fromEntries(tallies.map((tally) => [tally.name, latencies(tally, run)]));
  const phases = /** @type {const} */ (['before', 'during', 'after']);
  const short = (value) => ms(value).replace(' ms', '');
  const rows = Object.entries(figures).map(([name, of]) => [
    name,
    ...phases.map((phase) => [of[phase].p50, of[phase].p99, of[phase].max].map(short).join(' / ')),
  ]);
  const title = 'Latency in ms: p50 / p99 / max; of planned requests it counts from the plan';
  console.log(table(['client', ...phases.map((phase) => `${phase} reloads`)], rows, title));

  const failed = tallies.reduce((sum, tally) => sum + tally.failed, 0);
  const unannounced = tallies.reduce((sum, tally) => sum + tally.unannounced, 0);
  const least = leastReady(run.ready, run.from, run.to);
  const took = reloads.map(({ tookMs }) => ms(tookMs)).join(', ');
  const committed = reloads.filter(({ outcome }) => outcome === 'committed').length;
  const promises = [
    { what: `failed requests: ${failed}`, met: failed === 0 },
    { what: `least ready workers: ${least} of ${options.workers}`, met: least >= options.workers },
    {
      what: `reloads committed: ${committed} of ${reloads.length}, in ${took}`,
      met: committed === reloads.length,
    },
  ];
  for (const { what, met } of promises) console.log(verdict(what, met));
  console.log(`          idle connections closed after their linger: ${unannounced}`);

  const clients = tallies.map(({ samples, ...tally }) => ({ ...tally, requests: samples.length }));
  const result = {
    machine: machine(),
    options,
    promises,
    reloads,
    leastReady: least,
    clients,
    latency: figures,
  };
  console.log(`\n${save('reload.json', result)}, ${save('reload.svg', timeline(run, options))}`);
  return promises.every(({ met }) => met);
}
