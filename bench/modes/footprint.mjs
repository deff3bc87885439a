/** Measures what many workers cost the master: CPU at rest, and the time, CPU and memory of a reload. */
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { childrenOf, memoryOf, ownCpuOf } from '../measure/proc.mjs';
import { median } from '../measure/stats.mjs';
import { Tshorn } from '../measure/tshorn.mjs';
import { machine, save } from '../report/save.mjs';
import { fixed, mb, ms, table } from '../report/table.mjs';

const app = fileURLToPath(new URL('../apps/waits-at-start.mjs', import.meta.url));
/** The kernel walks through the pages of a process to count them: a look at 64 takes a tenth of a second of CPU. */
const LOOK_MS = 2_000;

/** A process that has just ended has none. */
const ownOf = (pid) => memoryOf(pid).own || 0;

async function restOf(pid, seconds) {
  const [from, before] = [performance.now(), ownCpuOf(pid)];
  await sleep(seconds * 1000);
  return (ownCpuOf(pid) - before) / 1e6 / (performance.now() - from);
}

/** @param {Tshorn} server */
async function reloadOf(server) {
  const { pid } = server;
  const before = ownCpuOf(pid);
  let most = 0;
  let processes = 0;
  const look = () => {
    const children = childrenOf(pid);
    processes = Math.max(processes, children.length);
    most = Math.max(most, ownOf(pid) + children.reduce((sum, child) => sum + ownOf(child), 0));
  };
  const from = server.lines.length;
  process.kill(pid, 'SIGHUP');
  let isOver = false;
  const finished = server.event('reload-finished', from).finally(() => {
    isOver = true;
  });
  while (!isOver) {
    look();
    await Promise.race([sleep(LOOK_MS), finished]);
  }
  const { outcome, tookMs } = await finished;
  const masterCpuMs = (ownCpuOf(pid) - before) / 1e6;
  return { outcome, tookMs, masterCpuMs, most, processes, master: memoryOf(pid).own };
}

async function runOf(workers, { seconds, reloads, wait, surge }) {
  const flags = ['--soak', '0', '--boot-timeout', '120', ...(surge ? ['--max-surge', surge] : [])];
  const server = new Tshorn(app, workers, flags, { BENCH_WAIT_MS: String(wait) });
  try {
    await server.event('started');
    await sleep(3_000);
    const rest = seconds > 0 ? await restOf(server.pid, seconds) : Number.NaN;
    const runs = [];
    for (let at = 0; at < reloads; at++) runs.push(await reloadOf(server));
    return { workers, rest, runs };
  } finally {
    await server.stop();
  }
}

/** @param {{workers: string, seconds: number, reloads: number, wait: number, surge?: string}} options */
export async function footprint(options) {
  const results = [];
  for (const workers of options.workers.split(',').map(Number)) {
    results.push(await runOf(workers, options));
    process.stderr.write(`${workers} workers done\n`);
  }
  const rows = results.map(({ workers, rest, runs }) => {
    const of = (figure) => median(runs.map((run) => run[figure]));
    return [
      workers,
      `${fixed(100 * rest, 3)} %`,
      ms(of('tookMs')),
      ms(of('tookMs') / workers),
      ms(of('masterCpuMs')),
      ms(of('masterCpuMs') / workers),
      mb(of('master')),
      mb(of('most')),
      of('processes'),
    ];
  });
  const head = [
    'workers',
    'at rest',
    'HUP',
    'each',
    'master CPU',
    'each',
    'master',
    'all, at most',
    'processes',
  ];
  const title = `A HUP, ${options.surge ?? 'one at a time'}; an app that waits ${options.wait} ms at its start; Node ${process.versions.node}`;
  console.log(`\n${table(head, rows, title)}`);
  console.log(`\n${save('footprint.json', { machine: machine(), options, results })}`);
  return results.every(({ runs }) => runs.every(({ outcome }) => outcome === 'committed'));
}
