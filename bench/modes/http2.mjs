/**
 * HTTP/2 without TLS: CPU per request beside bare `node:http2`, with its compatibility API and with streams. All servers are up
 * during the whole run and take turns. The load is h2load (nghttp2-client of Debian).
 */
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import net from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { cli, freePort, launch } from '../measure/contenders.mjs';
import { cpuOf } from '../measure/proc.mjs';
import { median, pairedRatio, spread } from '../measure/stats.mjs';
import { machine, save } from '../report/save.mjs';
import { fixed, table } from '../report/table.mjs';

const file = (path) => fileURLToPath(new URL(path, import.meta.url));
const bare = file('../bare/http2.mjs');
const flags = (port) => ['--bind', `127.0.0.1:${port}`, '--workers', '1', '--log-format', 'json'];

const contenders = {
  tshorn: {
    name: 'tshorn --http2',
    argv: (port) => [cli, file('../apps/hello.mjs'), ...flags(port), '--http2'],
  },
  own: {
    name: "tshorn, the app's own node:http2",
    argv: (port) => [cli, bare, ...flags(port), '--', String(port), 'compat'],
  },
  compat: { name: 'node:http2, compatibility API', argv: (port) => [bare, String(port), 'compat'] },
  streams: { name: 'node:http2, streams', argv: (port) => [bare, String(port), 'streams'] },
};
/** Requests at once on each connection. */
const LOADS = [1, 10, 100];

/** @param {{rounds: number, requests: number, connections: number}} options */
export async function http2({ rounds, requests, connections }) {
  const keys = Object.keys(contenders);
  const servers = {};
  const samples = Object.fromEntries(
    LOADS.map((load) => [load, Object.fromEntries(keys.map((key) => [key, []]))]),
  );
  let failed = 0;
  try {
    for (const key of keys) servers[key] = await up(contenders[key]);
    // Round 0 warms up: its figures are dropped.
    for (let round = 0; round <= rounds; round++) {
      for (const load of LOADS) {
        for (let turn = 0; turn < keys.length; turn++) {
          const key = keys[(turn + round) % keys.length];
          const { pid, port } = servers[key];
          const before = cpuOf(pid);
          const argv = ['-n', String(requests), '-c', String(connections), '-m', String(load)];
          const { stdout } = await promisify(execFile)('h2load', [...argv, `http://127.0.0.1:${port}/`]);
          failed += requests - Number(/ (\d+) succeeded/.exec(stdout)?.[1] ?? 0);
          if (round > 0) samples[load][key].push((cpuOf(pid) - before) / requests / 1_000);
        }
      }
      process.stderr.write(round ? `round ${round} of ${rounds}\n` : 'warmed up\n');
    }
  } finally {
    await Promise.all(Object.values(servers).map((server) => server.stop()));
  }
  const of = `medians of ${rounds} rounds of ${requests} requests`;
  console.log(
    `\n1 worker, ${connections} connections, h2c, ${of}; × is that of the compatibility API divided by this one\n`,
  );
  for (const load of LOADS) {
    const rows = keys.map((key) => {
      const figures = samples[load][key];
      const cpu = [fixed(median(figures), 1), `±${fixed(50 * spread(figures))}%`];
      return [contenders[key].name, ...cpu, fixed(pairedRatio(samples[load].compat, figures), 2)];
    });
    console.log(table(['server', 'CPU µs/request', '', '×'], rows, `${load} at once on each connection`));
  }
  console.log(`  failed requests: ${failed}`);
  console.log(
    `\n${save('http2.json', { machine: machine(), options: { rounds, requests, connections }, failed, samples })}`,
  );
  return failed === 0;
}

/** Resolves when it accepts: a server of HTTP/2 answers no request of HTTP/1. */
async function up({ name, argv }) {
  const running = launch({ name, argv, forks: false }, await freePort(), 1);
  for (const end = Date.now() + 20_000; ; await sleep(50)) {
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
