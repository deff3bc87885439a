/** Measures what is answered in time when more is asked than an app can answer, by clients that give up after two seconds. */
import { setTimeout as sleep } from 'node:timers/promises';
import { cli, start } from '../measure/contenders.mjs';
import { installed } from '../measure/install.mjs';
import { impatient, saturated } from '../measure/offered.mjs';
import { overloadCost } from '../measure/overload-cost.mjs';
import { quantile } from '../measure/stats.mjs';
import { overloadFigure } from '../report/overload-figure.mjs';
import { machine, save } from '../report/save.mjs';
import { fixed, ms, table, verdict } from '../report/table.mjs';

const PEERS = ['fastify@5.12.8', '@fastify/under-pressure@9.2.0'];
const PATIENCE_MS = 2_000;
/** At 1.5 times the capacity a queue takes six seconds to grow to a wait of two; below it, none grows. */
const settleOf = (factor) => (factor > 1 ? 6 : 2);
/** Offered load as a multiple of the capacity; the flood at the end is over, and the server has to be well again. */
const FACTORS = [0.5, 1, 1.5, 2, 3];
const AFTERWARDS = 0.5;
const RECOVERY_S = 6;
/** The part of the capacity that is to be answered at twice the load, and of the load after the flood. */
const GOOD = 0.9;

const path = (name) => new URL(name, import.meta.url).pathname;
const app = path('../apps/overloaded.mjs');

const computes = { WORK: 'cpu', WORK_MS: '10' };
/**
 * The capacity is known: one app computes for 10 ms, and one has 10 connections that are in use for 50 ms. `fresh` is the part
 * of the clients that come on new connections; the others use one that is free, if there is one.
 */
const APPS = {
  cpu: { what: 'computes for 10 ms, each client on a new connection', fresh: 1, env: computes },
  mixed: { what: 'computes for 10 ms, half of the clients on new connections', fresh: 0.5, env: computes },
  io: {
    what: 'waits for a pool: 10 connections, 50 ms',
    fresh: 0.5,
    env: { WORK: 'io', WORK_MS: '50', POOL: '10' },
  },
};

const tshorn = (...flags) => ({
  argv: (port, workers) => [cli, app, '--bind', `127.0.0.1:${port}`, '--workers', String(workers), ...flags],
  forks: true,
});
const cluster = {
  argv: (port, workers) => [path('../bare/overloaded-cluster.mjs'), String(port), String(workers)],
  forks: true,
};

function contenders() {
  const folders = PEERS.map(installed);
  const missing = PEERS.filter((_, at) => !folders[at]);
  if (missing.length > 0)
    process.stderr.write(`${missing.join(', ')}: npm cannot install it here; it is left out\n`);
  return [
    { name: 'tshorn --overload shed', ...tshorn('--overload', 'shed') },
    { name: 'tshorn', ...tshorn() },
    { name: 'node:cluster', ...cluster },
    ...(missing.length > 0
      ? []
      : [{ name: '@fastify/under-pressure', ...cluster, env: { UNDER_PRESSURE: folders.join(':') } }]),
  ];
}

async function withServer(contender, env, workers, use) {
  const running = await start({ ...contender, env: { ...contender.env, ...env } }, workers);
  try {
    // A first start may still be compiling.
    await sleep(1_000);
    return await use(running);
  } finally {
    await running.stop();
  }
}

/** Seconds after the flood until a whole second is answered in time, most of it; Infinity where none is. */
function recoveryOf(perSecond, floodEndsAt) {
  const after = perSecond.slice(floodEndsAt);
  const at = after.findIndex((second) => second && second.inTime >= GOOD * second.sent);
  return at < 0 ? Number.POSITIVE_INFINITY : at;
}

async function measureOne(contender, { env, fresh }, capacity, { workers, seconds }) {
  const phases = FACTORS.map((factor) => {
    const settle = settleOf(factor);
    return { rate: factor * capacity, seconds: settle + seconds, settle };
  });
  const floodS = phases.reduce((sum, phase) => sum + phase.seconds, 0);
  phases.push({ rate: AFTERWARDS * capacity, seconds: RECOVERY_S, settle: 0 });
  const load = { phases, patienceMs: PATIENCE_MS, fresh };
  const told = await withServer(contender, env, workers, ({ port }) => impatient({ port, ...load }));
  const points = FACTORS.map((factor, at) => {
    const { sent, inTime, shed, gaveUp, failed, ms: times } = told.phases[at];
    return {
      ...{ factor, sent, inTime, shed, gaveUp, failed },
      goodput: (inTime / sent) * factor,
      p99: quantile(times, 0.99),
    };
  });
  return { points, recoveryS: recoveryOf(told.perSecond, floodS) };
}

function reportCost(servers) {
  const rows = servers.map(({ name, ...loads }) => [
    name,
    ...Object.values(loads).map(({ cpuUs, ratio }) => `${fixed(cpuUs, 1)} µs, × ${fixed(ratio, 3)}`),
  ]);
  const head = ['', 'keep-alive', 'a new connection per request'];
  console.log(`\n${table(head, rows, 'CPU per request of an app that answers at once, below its capacity')}`);
}

/** @param {{workers: number, seconds: number, starts: number, rounds: number, only?: string}} options */
export async function overload({ workers, seconds, starts, rounds, only }) {
  const isWanted = (kind) => !only || only.split(',').includes(kind);
  const cost = isWanted('cost') ? await overloadCost({ workers, starts, rounds }) : undefined;
  if (cost) reportCost(cost);
  const all = contenders();
  const results = [];
  for (const [kind, one] of Object.entries(APPS).filter(([kind]) => isWanted(kind))) {
    const bare = all.find(({ name }) => name === 'node:cluster');
    const capacity = await withServer(bare, one.env, workers, (server) => saturated(server, 16 * workers));
    const servers = [];
    for (const contender of all)
      servers.push({
        name: contender.name,
        ...(await measureOne(contender, one, capacity, { workers, seconds })),
      });
    results.push({ kind, what: one.what, capacity, servers });
    report(one.what, capacity, servers);
  }
  const targets = results.flatMap(({ kind, servers: [own] }) => {
    const { goodput } = own.points.find(({ factor }) => factor === 2);
    const failed = own.points.reduce((sum, point) => sum + point.failed, 0);
    return [
      {
        what: `${kind}: goodput at twice the capacity ${fixed(goodput, 2)} (target ${GOOD})`,
        met: goodput >= GOOD,
      },
      {
        what: `${kind}: well again ${own.recoveryS} s after the flood (target 2 s)`,
        met: own.recoveryS <= 2,
      },
      {
        what: `${kind}: ${failed} requests without an answer that was an answer (target 0)`,
        met: failed === 0,
      },
    ];
  });
  for (const { what, met } of targets) console.log(verdict(what, met));
  if (results.length === 0) return true;
  console.log(`\n${save('overload.svg', overloadFigure(results, PATIENCE_MS))}`);
  console.log(save('overload.json', { machine: machine(), workers, seconds, targets, results, cost }));
  return targets.every(({ met }) => met);
}

function report(what, capacity, servers) {
  const head = ['', ...FACTORS.map((factor) => `${factor} ×`), 'well again after'];
  const rows = servers.map(({ name, points, recoveryS }) => [
    name,
    ...points.map(({ goodput, p99 }) => `${fixed(goodput, 2)}, ${Number.isNaN(p99) ? '-' : ms(p99)}`),
    Number.isFinite(recoveryS) ? `${recoveryS} s` : 'never',
  ]);
  const title = `An app that ${what}; capacity ${fixed(capacity, 0)}/s. Answered in time as a part of the capacity, and their p99, by offered load`;
  console.log(`\n${table(head, rows, title)}`);
}
