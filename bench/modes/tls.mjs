/**
 * Requests, new connections and resumed ones over TLS 1.3, in CPU time of the server, beside a bare `https` cluster. All
 * servers are up during the whole run and take turns. What tshorn adds is taken away in parts, so that each part's cost
 * can be read.
 */
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { bareHttps, start, tshornHttps } from '../measure/contenders.mjs';
import { tlsRateOf } from '../measure/rate-run.mjs';
import { median, pairedRatio, spread } from '../measure/stats.mjs';
import { machine, save } from '../report/save.mjs';
import { fixed, table, verdict, whole } from '../report/table.mjs';

const loads = {
  keepAlive: { title: 'Keep-alive', target: 0.98 },
  fresh: { title: 'A new connection per request', target: 0.95 },
  resumed: { title: 'A resumed connection per request', target: 1 },
};

const contendersWith = (pem) => ({
  tshorn: { name: 'tshorn', ...tshornHttps(pem) },
  staying: { name: 'tshorn --no-tls-handoff', ...tshornHttps(pem, '--no-tls-handoff') },
  least: {
    name: 'the same, --no-metrics --crash-grace 0',
    ...tshornHttps(pem, '--no-tls-handoff', '--no-metrics', '--crash-grace', '0'),
  },
  roundRobin: { name: 'https, node:cluster, round-robin', ...bareHttps('rr', pem) },
  shared: { name: 'https, node:cluster, shared', ...bareHttps('none', pem) },
  again: { name: 'the same, once more', ...bareHttps('none', pem) },
});

/** @param {{workers: number, rounds: number, seconds: number, connections: number}} options */
export async function tls(options) {
  const directory = fs.mkdtempSync(path.join(tmpdir(), 'tshorn-bench-'));
  try {
    const contenders = contendersWith(certificate(directory));
    return report(contenders, await sideBySide(contenders, options), options);
  } finally {
    fs.rmSync(directory, { recursive: true });
  }
}

/** ECDSA on P-256, as Let's Encrypt gives by default. @returns {string} the file of the certificate and its key */
function certificate(directory) {
  const pem = path.join(directory, 'localhost.pem');
  const key = path.join(directory, 'key.pem');
  const argv = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
  execFileSync('openssl', [...argv, '-keyout', key, '-out', pem, '-days', '30', '-subj', '/CN=localhost'], {
    stdio: 'ignore',
  });
  fs.appendFileSync(pem, fs.readFileSync(key));
  return pem;
}

async function sideBySide(contenders, options) {
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
          const sample = await tlsRateOf(servers[key], load, options);
          if (round > 0) samples[load][key].push(sample);
        }
      }
      process.stderr.write(round ? `round ${round} of ${options.rounds}\n` : 'warmed up\n');
    }
    return samples;
  } finally {
    await Promise.all(Object.values(servers).map((server) => server.stop()));
  }
}

function report(contenders, samples, options) {
  const { workers, rounds, seconds, connections } = options;
  console.log(
    `\n${workers} workers, ${connections} connections, TLS 1.3, medians of ${rounds} rounds of ${seconds} s; load: ` +
      'bench/load/raw-tls.mjs\nCPU is that of the master and its workers; × is that of the bare cluster divided by ' +
      'this one:\nrequests per CPU second.\n',
  );
  const targets = [];
  let failed = 0;
  for (const [load, { title, target }] of Object.entries(loads)) {
    const of = (key, figure) => samples[load][key].map((sample) => sample[figure]);
    const better =
      median(of('shared', 'cpuUs')) < median(of('roundRobin', 'cpuUs')) ? 'shared' : 'roundRobin';
    const rows = Object.entries(contenders).map(([key, { name }]) => {
      failed += of(key, 'failed').reduce((a, b) => a + b, 0);
      const ratio = pairedRatio(of(better, 'cpuUs'), of(key, 'cpuUs'));
      const cpu = [fixed(median(of(key, 'cpuUs')), 1), `±${fixed(50 * spread(of(key, 'cpuUs')))}%`];
      const resumed = `${whole(100 * median(of(key, 'resumed')))}%`;
      return [name, whole(median(of(key, 'rate'))), ...cpu, fixed(ratio, 3), resumed];
    });
    console.log(table(['server', 'requests/s', 'CPU µs/request', '', `×`, 'resumed'], rows, title));
    const ratio = pairedRatio(of(better, 'cpuUs'), of('tshorn', 'cpuUs'));
    const what = `${title} against the better bare cluster (${contenders[better].name}): ${fixed(ratio, 3)} (target ${target})`;
    targets.push({ what, met: ratio >= target });
  }
  for (const { what, met } of targets) console.log(verdict(what, met));
  console.log(`  failed requests: ${failed}`);
  console.log(`\n${save('tls.json', { machine: machine(), options, targets, failed, samples })}`);
  return failed === 0;
}
