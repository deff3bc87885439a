/** The servers that are compared, as child processes: how each is launched, awaited and ended. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import net from 'node:net';
import { fileURLToPath } from 'node:url';
import { firstAnswer } from '../load/first-answer.mjs';
import { childrenOf } from './proc.mjs';

const file = (path) => fileURLToPath(new URL(path, import.meta.url));
/** TSHORN_CLI: another build, to compare it with this one. */
export const cli = process.env.TSHORN_CLI ?? file('../../packages/tshorn/dist/cli.js');
const hello = file('../apps/hello.mjs');

/**
 * @typedef {{name: string, argv: (port: number, workers: number) => string[], env?: object, forks: boolean, secure?: boolean}} Contender
 * @typedef {{name: string, pid: number, port: number, exited: Promise<unknown>, errors: () => string, stop: () => Promise<void>}} Running
 */

const bare = (policy) => ({
  argv: (port, workers) => [file('../bare/cluster.mjs'), String(port), String(workers)],
  env: { NODE_CLUSTER_SCHED_POLICY: policy },
  forks: true,
});

/** tshorn with `hello.mjs`, and these flags. */
export const tshorn = (...flags) => ({
  argv: (port, workers) => {
    const own = ['--bind', `127.0.0.1:${port}`, '--workers', String(workers), '--log-format', 'json'];
    return [cli, hello, ...own, ...flags];
  },
  forks: true,
});

/** A bare `https` cluster. @param {string} pem certificate and key */
export const bareHttps = (policy, pem) => ({
  argv: (port, workers) => [file('../bare/https-cluster.mjs'), String(port), String(workers), pem],
  env: { NODE_CLUSTER_SCHED_POLICY: policy },
  forks: true,
  secure: true,
});

/** tshorn that serves `hello.mjs` over HTTPS. @param {string} pem certificate and key */
export const tshornHttps = (pem, ...flags) => ({
  ...tshorn('--certfile', pem, '--keyfile', pem, ...flags),
  secure: true,
});

/** @type {Record<'tshorn' | 'closing' | 'atOnce' | 'single' | 'roundRobin' | 'shared', Contender>} */
export const contenders = {
  tshorn: { name: 'tshorn', ...tshorn() },
  closing: { name: 'tshorn --no-handoff', ...tshorn('--no-handoff') },
  atOnce: { name: 'tshorn --crash-grace 0', ...tshorn('--crash-grace', '0') },
  single: {
    name: 'node:http, one process',
    argv: (port) => [file('../bare/single.mjs'), String(port)],
    forks: false,
  },
  roundRobin: { name: 'node:cluster, round-robin', ...bare('rr') },
  shared: { name: 'node:cluster, shared', ...bare('none') },
};

/** A port that was free a moment ago. */
export async function freePort() {
  const server = net.createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = /** @type {net.AddressInfo} */ (server.address());
  server.close();
  await once(server, 'close');
  return port;
}

/** Returns at once, when the process is spawned. @param {Contender} contender @returns {Running} */
export function launch({ name, argv, env }, port, workers) {
  const child = spawn(process.execPath, argv(port, workers), {
    env: { ...process.env, PORT: undefined, WEB_CONCURRENCY: undefined, ...env },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let errors = '';
  child.stderr.on('data', (data) => {
    errors = (errors + data).slice(-4000);
  });
  const exited = once(child, 'exit');
  const stop = async () => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    child.kill('SIGTERM');
    const timer = setTimeout(() => child.kill('SIGKILL'), 10_000);
    await exited;
    clearTimeout(timer);
  };
  return { name, pid: Number(child.pid), port, exited, errors: () => errors, stop };
}

/** Launches, and resolves when it answers and has all its workers. @param {Contender} contender */
export async function start(contender, workers) {
  const running = launch(contender, await freePort(), workers);
  try {
    await firstAnswer(running.port, 20_000 + workers * 1_000, contender.secure);
    for (const end = Date.now() + 10_000; contender.forks && childrenOf(running.pid).length < workers; ) {
      if (Date.now() > end) throw new Error('not all workers came up');
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    return running;
  } catch (error) {
    await running.stop();
    throw new Error(`${contender.name}: ${/** @type {Error} */ (error).message}\n${running.errors()}`);
  }
}
