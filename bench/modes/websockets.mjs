/** WebSockets: what `survive` costs per message and in memory, and what a reload does to thousands of them. */
import { needDescriptors } from '../measure/descriptors.mjs';
import { median, pairedRatio, spread } from '../measure/stats.mjs';
import { echoes } from '../measure/websocket-echoes.mjs';
import { memory } from '../measure/websocket-memory.mjs';
import { reloads } from '../measure/websocket-reloads.mjs';
import { contenders } from '../measure/websocket-servers.mjs';
import { reportMoves } from '../report/moves.mjs';
import { phasesOf, sum } from '../report/phases.mjs';
import { machine, save } from '../report/save.mjs';
import { fixed, table, verdict, whole } from '../report/table.mjs';

const MEMORY_ROUNDS = 3;
const MOST_CPU = 1.02;
const MOST_BYTES = 1.15;
const MOST_SLOWER = 2;

/** Each contender's figure, and as a multiple of that without `survive`. */
function compare(samples, figure) {
  const of = (key) => samples[key].map((sample) => sample[figure]);
  return Object.fromEntries(
    Object.keys(samples).map((key) => {
      const ratio = pairedRatio(of(key), of('without'));
      return [key, { median: median(of(key)), spread: spread(of(key)), ratio }];
    }),
  );
}

function echoTable(samples, { workers, rounds, seconds }) {
  const figures = { rate: compare(samples, 'rate'), cpuUs: compare(samples, 'cpuUs') };
  const rows = Object.entries(contenders).map(([key, { name }]) => {
    const { rate, cpuUs } = { rate: figures.rate[key], cpuUs: figures.cpuUs[key] };
    const half = (value) => `±${fixed(50 * value)}%`;
    const perSecond = [whole(rate.median), half(rate.spread), fixed(rate.ratio, 3)];
    return [name, ...perSecond, fixed(cpuUs.median, 2), half(cpuUs.spread), fixed(cpuUs.ratio, 3)];
  });
  const head = ['server', 'messages/s', '', '×', 'CPU µs/message', '', '×'];
  const title = `Echoes of 64 bytes on 64 WebSockets, ${workers} workers, medians of ${rounds} rounds of ${seconds} s`;
  console.log(`\n${table(head, rows, title)}`);
  return figures;
}

function memoryTable(samples, { connections }) {
  const figures = { heap: compare(samples, 'heap'), own: compare(samples, 'own') };
  const rows = Object.entries(contenders).map(([key, { name }]) => {
    const { heap, own } = { heap: figures.heap[key], own: figures.own[key] };
    const more = heap.median - figures.heap.without.median;
    const cells = [whole(heap.median), fixed(heap.ratio, 2), whole(more)];
    return [name, ...cells, whole(own.median), fixed(own.ratio, 2)];
  });
  const head = ['server', 'heap, bytes', '×', 'more by', 'own pages, bytes', '×'];
  const title = `Memory per idle WebSocket, of ${whole(connections)}, medians of ${MEMORY_ROUNDS} rounds`;
  console.log(table(head, rows, title));
  return figures;
}

/** @param {{workers: number, connections: number, rate: number, seconds: number, reloads: number, rounds: number}} options */
export async function websockets(options) {
  needDescriptors(options.connections + 500);
  const samples = { echoes: await echoes(options), memory: await memory(options, MEMORY_ROUNDS) };
  const run = await reloads(options);
  const steady = echoTable(samples.echoes, options);
  const weights = memoryTable(samples.memory, options);
  const latency = phasesOf(run.light.samples, run.from, run.reloads);
  const title = `${whole(options.connections)} WebSockets, each with a state and a message every 2 s, ${options.workers} workers`;
  reportMoves(run, latency, title);

  const failed = sum(
    [...Object.values(samples.echoes), ...Object.values(samples.memory)].flat().map((one) => one.failed),
  );
  const closed = run.many.closed + run.light.closed;
  const wrong = run.many.wrong + run.light.wrong;
  const promises = [
    { what: `messages wrong and WebSockets closed without a reload: ${failed}`, met: failed === 0 },
    { what: `WebSockets closed by reloads: ${closed}`, met: closed === 0 },
    { what: `messages lost, repeated or miscounted by reloads: ${wrong}`, met: wrong === 0 },
    { what: 'every reload committed', met: run.reloads.every(({ outcome }) => outcome === 'committed') },
  ];
  const cpu = steady.cpuUs.survive.ratio;
  const bytes = weights.heap.survive.ratio;
  const slower = latency['reload, moving'].p99 / latency.before.p99;
  const targets = [
    { what: `CPU per message: ${fixed(cpu, 3)} of that without (target ${MOST_CPU})`, met: cpu <= MOST_CPU },
    {
      what: `heap per WebSocket: ${fixed(bytes, 2)} of that without (target ${MOST_BYTES})`,
      met: bytes <= MOST_BYTES,
    },
    {
      what: `p99 while moving: ${fixed(slower, 2)} of before (target ${MOST_SLOWER})`,
      met: slower <= MOST_SLOWER,
    },
  ];
  for (const { what, met } of [...promises, ...targets]) console.log(verdict(what, met));
  const result = {
    machine: machine(),
    options,
    promises,
    targets,
    steady,
    weights,
    latency,
    reloads: run.reloads,
    samples,
  };
  console.log(`\n${save('websockets.json', result)}`);
  return promises.every(({ met }) => met);
}
