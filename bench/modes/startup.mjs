/** Measures a start: time and CPU from launch to the first 200, and the memory of each process. */
import { setTimeout as sleep } from 'node:timers/promises';
import { fewRequests } from '../load/few-requests.mjs';
import { firstAnswer } from '../load/first-answer.mjs';
import { contenders, freePort, launch } from '../measure/contenders.mjs';
import { childrenOf, cpuOf, memoryOf } from '../measure/proc.mjs';
import { median, pairedRatio, spread } from '../measure/stats.mjs';
import { machine, save } from '../report/save.mjs';
import { fixed, mb, ms, table, verdict } from '../report/table.mjs';

const keys = /** @type {const} */ (['tshorn', 'shared', 'single']);
const MEMORY_ROUNDS = 3;
const REQUESTS = 600;

/** A node that has a compile cache of its own has a stricter target. */
const FIRST_TARGET = Number.parseInt(process.versions.node, 10) >= 22 ? 1.15 : 1.35;
const MASTER_TARGET = 1.25;
/** Time in which a new server writes the code that V8 has compiled, for the starts after it. */
const KEEP_MS = 3_000;

async function timeOne(key, workers, isFirst) {
  const port = await freePort();
  const start = performance.now();
  const server = launch(contenders[key], port, workers);
  try {
    const firstMs = (await firstAnswer(port)) - start;
    // Until the last worker is up too, so that the CPU is that of the whole start.
    await sleep(isFirst ? KEEP_MS : 400);
    return { firstMs, cpuMs: cpuOf(server.pid) / 1e6 };
  } finally {
    await server.stop();
  }
}

async function weighOne(key, workers) {
  const port = await freePort();
  const server = launch(contenders[key], port, workers);
  const weigh = () => {
    const own = childrenOf(server.pid).map(memoryOf);
    const worker = { pss: median(own.map(({ pss }) => pss)), own: median(own.map(({ own }) => own)) };
    return { master: memoryOf(server.pid), worker };
  };
  try {
    await firstAnswer(port);
    await sleep(3000);
    const atStart = weigh();
    await fewRequests(port, REQUESTS);
    await sleep(1000);
    return { atStart, afterRequests: weigh() };
  } finally {
    await server.stop();
  }
}

/** @param {{workers: number, rounds: number}} options */
export async function startup(options) {
  const times = { tshorn: [], shared: [], single: [] };
  // Round 0 fills the file cache, and the cache of compiled code: its figures are dropped.
  for (let round = 0; round <= options.rounds; round++) {
    for (let turn = 0; turn < keys.length; turn++) {
      const key = keys[(turn + round) % keys.length];
      const sample = await timeOne(key, options.workers, round === 0);
      if (round > 0) times[key].push(sample);
    }
  }
  process.stderr.write('start-ups timed\n');
  const weights = { tshorn: [], shared: [] };
  for (let round = 0; round < MEMORY_ROUNDS; round++) {
    for (const key of Object.keys(weights)) weights[key].push(await weighOne(key, options.workers));
    process.stderr.write(`weighed ${round + 1} of ${MEMORY_ROUNDS}\n`);
  }
  report(times, weights, options);
  return true;
}

function report(times, weights, options) {
  const of = (key, figure) => times[key].map((sample) => sample[figure]);
  const first = pairedRatio(of('tshorn', 'firstMs'), of('shared', 'firstMs'));
  const cpu = pairedRatio(of('tshorn', 'cpuMs'), of('shared', 'cpuMs'));
  const rows = keys.map((key) => [
    contenders[key].name,
    ms(median(of(key, 'firstMs'))),
    `±${fixed(50 * spread(of(key, 'firstMs')))}%`,
    ms(median(of(key, 'cpuMs'))),
    `±${fixed(50 * spread(of(key, 'cpuMs')))}%`,
  ]);
  const title = `Launch to the first 200, ${options.workers} workers, medians of ${options.rounds} rounds`;
  console.log(`\n${table(['server', 'first 200', '', 'CPU of the start', ''], rows, title)}`);

  const figures = {};
  const memory = [];
  for (const moment of /** @type {const} */ (['atStart', 'afterRequests'])) {
    for (const process of /** @type {const} */ (['master', 'worker'])) {
      const take = (key, kind) => median(weights[key].map((round) => round[moment][process][kind]));
      const [pss, bare] = [take('tshorn', 'pss'), take('shared', 'pss')];
      const [own, bareOwn] = [take('tshorn', 'own'), take('shared', 'own')];
      figures[`${process}.${moment}`] = { pss, bare, ratio: pss / bare, own, bareOwn };
      const when = moment === 'atStart' ? 'after 3 s' : `after ${REQUESTS} requests`;
      const cells = [mb(pss), mb(bare), fixed(pss / bare, 2), mb(pss - bare), mb(own), mb(bareOwn)];
      memory.push([`${process}, ${when}`, ...cells]);
    }
  }
  const head = ['process', 'tshorn PSS', 'bare PSS', 'ratio', 'more by', 'tshorn own', 'bare own'];
  console.log(table(head, memory, `Memory, medians of ${MEMORY_ROUNDS} rounds; bare: a node:cluster script`));

  const master = figures['master.afterRequests'];
  const worker = figures['worker.afterRequests'];
  const more = worker.pss - worker.bare;
  const targets = [
    {
      what: `launch to the first 200: ${fixed(first, 2)} of bare (target ${FIRST_TARGET})`,
      met: first <= FIRST_TARGET,
    },
    {
      what: `master: ${fixed(master.ratio, 2)} of a bare primary (target ${MASTER_TARGET})`,
      met: master.ratio <= MASTER_TARGET,
    },
    { what: `worker: ${mb(more)} more than a bare worker (target 4 MB)`, met: more <= 4 * 1024 * 1024 },
  ];
  for (const { what, met } of targets) console.log(verdict(what, met));
  console.log(`  CPU of the start: ${fixed(cpu, 2)} of bare, a figure that a busy machine leaves alone`);
  const result = { machine: machine(), options, ratios: { first, cpu }, figures, targets, times, weights };
  console.log(`\n${save('startup.json', result)}`);
}
