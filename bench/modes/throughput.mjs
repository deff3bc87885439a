/**
 * Requests per second and CPU time per request, side by side: all servers are up during the whole run
 * and take turns under load, so that what disturbs one disturbs its neighbours as well.
 */
import { contenders, start } from '../measure/contenders.mjs';
import { failedOf, sideBySide } from '../measure/side-by-side.mjs';
import { median, pairedRatio, spread } from '../measure/stats.mjs';
import { machine, save } from '../report/save.mjs';
import { fixed, table, verdict, whole } from '../report/table.mjs';

const loads = {
  keepAlive: { title: 'Keep-alive' },
  fresh: { title: 'A new connection per request' },
};

/** @param {import('../measure/side-by-side.mjs').Options} options */
export async function throughput(options) {
  const starts = Object.fromEntries(
    Object.entries(contenders).map(([key, contender]) => [key, () => start(contender, options.workers)]),
  );
  return report(await sideBySide(starts, ['keepAlive', 'fresh'], options), options);
}

const column = (samples, load, key, figure) => samples[load][key].map((sample) => sample[figure]);

/** Throughput of tshorn, per second or per CPU second, as a multiple of the other's. */
function ratios(samples, load, other) {
  const of = (key, figure) => column(samples, load, key, figure);
  return {
    rate: pairedRatio(of('tshorn', 'rate'), of(other, 'rate')),
    cpu: pairedRatio(of(other, 'cpuUs'), of('tshorn', 'cpuUs')),
  };
}

function report(samples, options) {
  const { workers, starts, rounds, seconds, connections } = options;
  const figures = {};
  const failed = failedOf(samples);
  console.log(
    `\n${workers} workers, ${connections} connections, ${starts} starts, medians of ${starts * rounds} rounds of ${seconds} s\n` +
      'CPU is that of the master and its workers. It is the steadier figure: the ' +
      'load generator\nshares the cores, so requests per second are a contest between both. Targets go by CPU.\n',
  );
  for (const [load, { title }] of Object.entries(loads)) {
    figures[load] = {};
    const rows = Object.entries(contenders).map(([key, { name }]) => {
      const rate = column(samples, load, key, 'rate');
      const cpuUs = column(samples, load, key, 'cpuUs');
      const ratio = ratios(samples, load, key);
      figures[load][key] = { rate: median(rate), cpuUs: median(cpuUs), tshornRatio: ratio };
      const cells = [whole(median(rate)), `±${fixed(50 * spread(rate))}%`];
      cells.push(fixed(median(cpuUs), 1), `±${fixed(50 * spread(cpuUs))}%`);
      return [name, ...cells, fixed(ratio.rate, 2), fixed(ratio.cpu, 2)];
    });
    const head = ['server', 'requests/s', '', 'CPU µs/request', '', 'tshorn ×, rate', 'tshorn ×, per CPU'];
    console.log(table(head, rows, title));
  }
  const targets = judge(figures);
  for (const { what, met } of targets) console.log(verdict(what, met));
  console.log(`  failed requests: ${failed}`);
  console.log(
    `\n${save('throughput.json', { machine: machine(), options, figures, targets, failed, samples })}`,
  );
  return failed === 0;
}

function judge(figures) {
  const { keepAlive, fresh } = figures;
  const better = keepAlive.shared.cpuUs < keepAlive.roundRobin.cpuUs ? 'shared' : 'roundRobin';
  const rows = [
    [`keep-alive against the better bare cluster (${contenders[better].name})`, keepAlive[better], 0.97],
    ['keep-alive against itself without handoff', keepAlive.closing, 0.98],
    ['new connections against itself without handoff', fresh.closing, 0.98],
    ['keep-alive against itself without containment', keepAlive.atOnce, 0.99],
    ['new connections against bare round-robin', fresh.roundRobin, 2],
    ['new connections against bare shared', fresh.shared, 0.95],
  ];
  return rows.map(([name, { tshornRatio: ratio }, target]) => ({
    what: `${name}: ${fixed(ratio.cpu, 2)} per CPU (target ${target}), ${fixed(ratio.rate, 2)} by rate`,
    met: ratio.cpu >= target,
  }));
}
