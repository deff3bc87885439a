/** A turn of full load on one server: its rate, and the CPU time of each request. */
import { execFile, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { cpuOf } from './proc.mjs';

const raw = fileURLToPath(new URL('../load/raw.mjs', import.meta.url));
const rawTls = fileURLToPath(new URL('../load/raw-tls.mjs', import.meta.url));
const run = promisify(execFile);

/**
 * @param {{port: number, pid: number}} server
 * @param {'keepAlive' | 'perRequest'} load
 * @param {{connections: number, seconds: number}} options
 */
export async function rateOf(server, load, { connections, seconds }) {
  const before = cpuOf(server.pid);
  const order = { port: server.port, keepAlive: load === 'keepAlive', connections, seconds };
  const { stdout } = await run(process.execPath, [raw, JSON.stringify(order)], {
    timeout: (seconds + 20) * 1000,
  });
  const result = JSON.parse(stdout);
  return {
    rate: result.answered / result.seconds,
    cpuUs: (cpuOf(server.pid) - before) / 1000 / result.answered,
    failed: result.failed,
  };
}

/**
 * The same over TLS.
 * @param {{port: number, pid: number}} server
 * @param {'keepAlive' | 'fresh' | 'resumed'} load
 * @param {{connections: number, seconds: number}} options
 */
export async function tlsRateOf(server, load, { connections, seconds }) {
  const order = { port: server.port, load, connections, seconds };
  const client = spawn(process.execPath, [rawTls, JSON.stringify(order)], {
    timeout: (seconds + 20) * 1000,
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const lines = createInterface(client.stdout)[Symbol.asyncIterator]();
  // The sessions are made.
  await lines.next();
  const before = cpuOf(server.pid);
  client.stdin.end('go\n');
  const { value, done } = await lines.next();
  if (done) throw new Error(`the client of the load ${load} has ended without a result`);
  const result = JSON.parse(value);
  return {
    rate: result.answered / result.seconds,
    cpuUs: (cpuOf(server.pid) - before) / 1000 / result.answered,
    failed: result.failed,
    resumed: result.resumed / result.answered,
  };
}
