/**
 * HTTP/2, plain and over TLS: CPU per request beside bare `node:http2`, with its compatibility API and with streams. The load is
 * h2load (nghttp2-client of Debian).
 */
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import net from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { alternate } from '../measure/alternate.mjs';
import { certificate } from '../measure/certificate.mjs';
import { cli, freePort, launch, startAll, stopAll } from '../measure/contenders.mjs';
import { rateOf } from '../measure/rate-run.mjs';
import { failedOf } from '../measure/side-by-side.mjs';
import { cpuRatio, median, spread } from '../measure/stats.mjs';
import { machine, save } from '../report/save.mjs';
import { fixed, table } from '../report/table.mjs';

const run = promisify(execFile);
const file = (path) => fileURLToPath(new URL(path, import.meta.url));
const bare = file('../bare/http2.mjs');
const hello = file('../apps/hello.mjs');
const flags = (port) => ['--bind', `127.0.0.1:${port}`, '--workers', '1', '--log-format', 'json'];

/** @param {string} pem certificate and key */
const contendersWith = (pem) => ({
  tshorn: { name: 'tshorn --http2', argv: (port) => [cli, hello, ...flags(port), '--http2'] },
  own: {
    name: "tshorn, the app's own node:http2",
    argv: (port) => [cli, bare, ...flags(port), '--', String(port), 'compat'],
  },
  compat: { name: 'node:http2, compatibility API', argv: (port) => [bare, String(port), 'compat'] },
  streams: { name: 'node:http2, streams', argv: (port) => [bare, String(port), 'streams'] },
  tlsTshorn: {
    name: 'tshorn --http2',
    argv: (port) => [cli, hello, ...flags(port), '--http2', '--certfile', pem, '--keyfile', pem],
    secure: true,
  },
  tlsCompat: {
    name: 'node:http2, compatibility API',
    argv: (port) => [bare, String(port), 'compat', pem],
    secure: true,
  },
  tlsStreams: {
    name: 'node:http2, streams',
    argv: (port) => [bare, String(port), 'streams', pem],
    secure: true,
  },
});
/** Requests before it is measured: V8 compiles the last of what one needs after some ten thousand. */
const WARM_UP = 20_000;
/** Requests at once on each connection, by the title of the load. */
const PLAIN = {
  '1 at once on each connection, h2c': 1,
  '10 at once, h2c': 10,
  '100 at once, h2c': 100,
};
const SECURE = { '10 at once, TLS 1.3': 10 };

/** @param {{starts: number, rounds: number, requests: number, connections: number}} options */
export async function http2(options) {
  const directory = fs.mkdtempSync(path.join(tmpdir(), 'tshorn-bench-'));
  try {
    const contenders = contendersWith(certificate(directory));
    const samples = await alternate(options, () => sit(contenders, options));
    return report(contenders, samples, options);
  } finally {
    fs.rmSync(directory, { recursive: true });
  }
}

/** @returns {Promise<import('../measure/alternate.mjs').Sitting>} */
async function sit(contenders, { requests, connections }) {
  const starts = Object.entries(contenders).map(([key, contender]) => [key, () => up(contender)]);
  const servers = await startAll(Object.fromEntries(starts));
  const turnsOf = (keys, atOnce) =>
    Object.fromEntries(
      keys.map((key) => [
        key,
        (isWarmUp) =>
          rateOf(servers[key], () =>
            h2load(servers[key], atOnce, isWarmUp ? WARM_UP : requests, connections),
          ),
      ]),
    );
  const turns = {};
  const keys = Object.keys(contenders);
  const isSecure = (key) => servers[key].secure;
  for (const [load, atOnce] of Object.entries(PLAIN))
    turns[load] = turnsOf(
      keys.filter((key) => !isSecure(key)),
      atOnce,
    );
  for (const [load, atOnce] of Object.entries(SECURE)) turns[load] = turnsOf(keys.filter(isSecure), atOnce);
  return { turns, close: () => stopAll(servers) };
}

async function h2load({ port, secure }, atOnce, count, connections) {
  const argv = ['-n', String(count), '-c', String(connections), '-m', String(atOnce)];
  const begun = performance.now();
  const { stdout } = await run('h2load', [...argv, `${secure ? 'https' : 'http'}://127.0.0.1:${port}/`]);
  const answered = Number(/ (\d+) succeeded/.exec(stdout)?.[1] ?? 0);
  const seconds = (performance.now() - begun) / 1000;
  return { answered, failed: count - answered, resumed: 0, seconds };
}

function report(contenders, samples, options) {
  const { starts, rounds, requests, connections } = options;
  console.log(
    `\n1 worker, ${connections} connections, ${starts} starts, medians of ${starts * rounds} rounds of ${requests} requests; × is that ` +
      'of the compatibility API divided by this one, and its least and most in one start\n',
  );
  for (const [load, servers] of Object.entries(samples)) {
    const other = servers.compat ?? servers.tlsCompat;
    const rows = Object.entries(servers).map(([key, own]) => {
      const figures = own.map(({ cpuUs }) => cpuUs);
      const cpu = [fixed(median(figures), 1), `±${fixed(50 * spread(figures))}%`];
      const { ratio, least, most } = cpuRatio(own, other);
      return [contenders[key].name, ...cpu, ...[ratio, least, most].map((one) => fixed(one, 2))];
    });
    console.log(table(['server', 'CPU µs/request', '', '×', 'least', 'most'], rows, load));
  }
  const failed = failedOf(samples);
  console.log(`  failed requests: ${failed}`);
  console.log(`\n${save('http2.json', { machine: machine(), options, failed, samples })}`);
  return failed === 0;
}

/** Resolves when it accepts: a server of HTTP/2 answers no request of HTTP/1. */
async function up({ name, argv, secure }) {
  const running = launch({ name, argv, secure, forks: false }, await freePort(), 1);
  for (const end = Date.now() + 60_000; ; await sleep(50)) {
    const socket = net.connect(running.port, '127.0.0.1');
    try {
      await once(socket, 'connect');
      return running;
    } catch {
      if (Date.now() > end) throw new Error(`${name} does not answer: ${running.errors()}`);
    } finally {
      socket.destroy();
    }
  }
}
