/**
 * Requests per second and CPU time per request, side by side: all servers are up during the whole run
 * and take turns under load, so that what disturbs one disturbs its neighbours as well.
 */
import { contenders, start } from '../measure/contenders.mjs';
import { rateOf } from '../measure/rate-run.mjs';
import { median, pairedRatio, spread } from '../measure/stats.mjs';
import { machine, save } from '../report/save.mjs';
import { fixed, table, verdict, whole } from '../report/table.mjs';

const loads = {
  keepAlive: { title: 'Keep-alive', against: ['roundRobin', 'shared'] },
  perRequest: { title: 'A new connection per request', against: ['shared', 'roundRobin'] },
};

/** @param {{workers: number, rounds: number, seconds: number, connections: number}} options */
export async function throughput(options) {
  const keys = Object.keys(contenders);
  const servers = {};
  const samples = Object.fromEntries(
    Object.keys(loads).map((load) => [load, Object.fromEntries(keys.map((key) => [key, []]))]),
  );
  try {
    for (const key of keys) servers[key] = await start(contenders[key], options.workers);
    // Round 0 warms up: its figures are dropped.
    for (let round = 0; round <= options.rounds; round++) {
      for (const load of Object.keys(loads)) {
        for (let turn = 0; turn < keys.length; turn++) {
          const key = keys[(turn + round) % keys.length];
          const sample = await rateOf(servers[key], load, options);
          if (round > 0) samples[load][key].push(sample);
        }
      }
      process.stderr.write(round ? `round ${round} of ${options.rounds}\n` : 'warmed up\n');
    }
  } finally {
    await Promise.all(Object.values(servers).map((server) => server.stop()));
  }
  return report(samples, options);
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
  const { workers, rounds, seconds, connections } = options;
  const figures = {};
  let failed = 0;
  console.log(
    `\n${workers} workers, ${connections} connections, medians of ${rounds} rounds of ${seconds} s; ` +
      'load: bench/load/raw.mjs\nCPU is that of the master and its workers. It is the steadier figure: the ' +
      'load generator\nshares the cores, so requests per second are a contest between both. Targets go by CPU.\n',
  );
  for (const [load, { title }] of Object.entries(loads)) {
    figures[load] = {};
    const rows = Object.entries(contenders).map(([key, { name }]) => {
      const rate = column(samples, load, key, 'rate');
      const cpuUs = column(samples, load, key, 'cpuUs');
      failed += column(samples, load, key, 'failed').reduce((a, b) => a + b, 0);
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
  const { keepAlive, perRequest } = figures;
  const better = keepAlive.shared.cpuUs < keepAlive.roundRobin.cpuUs ? 'shared' : 'roundRobin';
  const rows = [
    [`keep-alive against the better bare cluster (${contenders[better].name})`, keepAlive[better], 0.97],
    ['keep-alive against itself without handoff', keepAlive.closing, 0.98],
    ['new connections against itself without handoff', perRequest.closing, 0.98],
    ['keep-alive against itself without containment', keepAlive.atOnce, 0.99],
    ['new connections against bare round-robin', perRequest.roundRobin, 2],
    ['new connections against bare shared', perRequest.shared, 0.95],
  ];
  return rows.map(([name, { tshornRatio: ratio }, target]) => ({
    what: `${name}: ${fixed(ratio.cpu, 2)} per CPU (target ${target}), ${fixed(ratio.rate, 2)} by rate`,
    met: ratio.cpu >= target,
  }));
}
