/**
 * Requests, new connections and resumed ones over TLS 1.3, in CPU time of the server, beside a bare `https` cluster and proxies
 * that end TLS in front of an app. What tshorn adds is taken away in parts, so that each part's cost can be read; and
 * connections that have moved are asked beside others of the same workers.
 */
import fs from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { certificate } from '../measure/certificate.mjs';
import { bareHttps, start, tshornHttps } from '../measure/contenders.mjs';
import { movedAndNot } from '../measure/moved-group.mjs';
import { failedOf, sideBySide } from '../measure/side-by-side.mjs';
import { cpuRatio, median, spread } from '../measure/stats.mjs';
import { installedFronts, startFront } from '../peers/fronts.mjs';
import { bars } from '../report/bars.mjs';
import { machine, save } from '../report/save.mjs';
import { fixed, table, verdict, whole } from '../report/table.mjs';

const loads = {
  keepAlive: { title: 'Keep-alive', target: 0.98 },
  fresh: { title: 'A new connection per request', target: 0.95 },
  resumed: { title: 'A resumed connection per request', target: 1 },
};
const ADDED = 'the same, --no-metrics --crash-grace 0';

/** @param {string} pem */
const contendersWith = (pem) => ({
  tshorn: { name: 'tshorn', ...tshornHttps(pem) },
  staying: { name: 'tshorn --no-tls-handoff', ...tshornHttps(pem, '--no-tls-handoff') },
  least: {
    name: ADDED,
    ...tshornHttps(pem, '--no-tls-handoff', '--no-metrics', '--crash-grace', '0'),
  },
  roundRobin: { name: 'https, node:cluster, round-robin', ...bareHttps('rr', pem) },
  shared: { name: 'https, node:cluster, shared', ...bareHttps('none', pem) },
});

/** @param {import('../measure/side-by-side.mjs').Options} options */
export async function tls(options) {
  const directory = fs.mkdtempSync(path.join(tmpdir(), 'tshorn-bench-'));
  try {
    const pem = certificate(directory);
    const contenders = contendersWith(pem);
    const fronts = installedFronts();
    const starts = startsOf(contenders, fronts, { pem, directory, workers: options.workers });
    const samples = await sideBySide(starts, ['keepAlive', 'fresh', 'resumed'], options, {
      more: async ({ _moved: server }, load, ask) => {
        await movedAndNot(load, server, options);
        return { moved: { moved: ask(server, 'moved'), stayed: ask(server, 'stayed') } };
      },
    });
    return report({ ...contenders, ...fronts }, samples, options);
  } finally {
    fs.rmSync(directory, { recursive: true });
  }
}

function startsOf(contenders, fronts, { pem, directory, workers }) {
  const own = Object.entries({ ...contenders, _moved: contenders.tshorn });
  const starts = own.map(([key, contender]) => [key, () => start(contender, workers)]);
  const scratch = () => fs.mkdtempSync(path.join(directory, 'front-'));
  for (const [key, front] of Object.entries(fronts)) {
    starts.push([key, () => startFront(front, pem, workers, scratch())]);
  }
  return Object.fromEntries(starts);
}

function report(contenders, samples, options) {
  const { workers, starts, rounds, seconds, connections } = options;
  console.log(
    `\n${workers} workers, ${connections} connections, TLS 1.3, ${starts} starts, medians of ${starts * rounds} rounds of ` +
      `${seconds} s\nCPU is that of the master and its workers, and of the proxy and its app; × is that of the better bare ` +
      'cluster\ndivided by this one (requests per CPU second), and its least and most in one start.\n',
  );
  const targets = [];
  const panels = [];
  for (const [load, { title, target }] of Object.entries(loads)) {
    const of = samples[load];
    const cpu = (key) => median(of[key].map(({ cpuUs }) => cpuUs));
    const better = cpu('shared') < cpu('roundRobin') ? 'shared' : 'roundRobin';
    const rows = Object.keys(of).map((key) => rowOf(contenders[key].name, of[key], of[better]));
    console.log(table(load === 'resumed' ? RESUMED_HEAD : HEAD, rows, title));
    panels.push({
      title: `${title}, CPU µs per request`,
      bars: Object.keys(of).map((key) => ({ name: contenders[key].name, value: cpu(key) })),
    });
    const { ratio, least, most } = cpuRatio(of.tshorn, of[better]);
    const what = `${title} against the better bare cluster (${contenders[better].name}): ${fixed(ratio, 3)}, ${fixed(least, 3)} to ${fixed(most, 3)} (target ${target})`;
    targets.push({ what, met: ratio >= target });
  }
  const { moved, stayed } = samples.moved;
  const rows = [rowOf('connections that have not moved', stayed, stayed), rowOf('moved', moved, stayed)];
  console.log(table(HEAD, rows, 'Keep-alive on connections of the same workers'));
  for (const { what, met } of targets) console.log(verdict(what, met));
  const failed = failedOf(samples);
  console.log(`  failed requests: ${failed}`);
  const about = `${workers} workers, ${connections} connections, TLS 1.3, ${starts} starts of ${rounds} rounds; Node ${process.version}`;
  const picture = save('tls.svg', bars('HTTPS: CPU time of the server', about, panels));
  console.log(`\n${save('tls.json', { machine: machine(), options, targets, failed, samples })}, ${picture}`);
  return failed === 0;
}

const HEAD = ['server', 'requests/s', 'CPU µs/request', '', '×', 'least', 'most'];
const RESUMED_HEAD = [...HEAD, 'resumed'];

function rowOf(name, own, other) {
  const of = (figure) => own.map((sample) => sample[figure]);
  const { ratio, least, most } = cpuRatio(own, other);
  const cpu = [fixed(median(of('cpuUs')), 1), `±${fixed(50 * spread(of('cpuUs')))}%`];
  const ratios = [ratio, least, most].map((one) => fixed(one, 3));
  return [name, whole(median(of('rate'))), ...cpu, ...ratios, `${whole(100 * median(of('resumed')))}%`];
}
