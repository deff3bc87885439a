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
/** Many servers may start beside each other. */
const DEADLINE_MS = 60_000;
const hello = file('../apps/hello.mjs');

/**
 * @typedef {{name: string, program?: string, argv: (port: number, workers: number) => string[], env?: object, forks: boolean,
 *   secure?: boolean}} Contender `program`: Node, unless given; `forks`: a process for each worker, which accept
 * @typedef {{name: string, pid: number, pids: number[], port: number, secure: boolean, processes: number, hangUp: () => void,
 *   exited: Promise<unknown>, errors: () => string, stop: () => Promise<void>}} Running `processes`: so many accept
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
    // Connections wait while other servers have their turns; the bare ones have the same.
    own.push('--keep-alive-timeout', '10m');
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
export function launch({ name, program, argv, env, forks, secure = false }, port, workers) {
  const child = spawn(program ?? process.execPath, argv(port, workers), {
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
  const pid = Number(child.pid);
  const hangUp = () => void child.kill('SIGHUP');
  const processes = forks ? workers : 1;
  return { name, pid, pids: [pid], port, secure, processes, hangUp, exited, errors: () => errors, stop };
}

/** Launches, and resolves when it answers and has all its workers. @param {Contender} contender */
export async function start(contender, workers) {
  const running = launch(contender, await freePort(), workers);
  try {
    const ended = running.exited.then(() => {
      throw new Error('it has ended');
    });
    await Promise.race([firstAnswer(running.port, DEADLINE_MS + workers * 1_000, contender.secure), ended]);
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

/**
 * Starts them beside each other; all or none.
 * @template {string} K @param {Record<K, () => Promise<Running>>} starts @returns {Promise<Record<K, Running>>}
 */
export async function startAll(starts) {
  const keys = /** @type {K[]} */ (Object.keys(starts));
  const results = await Promise.allSettled(keys.map((key) => starts[key]()));
  const running = /** @type {Record<K, Running>} */ ({});
  results.forEach((result, at) => {
    if (result.status === 'fulfilled') running[keys[at]] = result.value;
  });
  const failed = results.find(({ status }) => status === 'rejected');
  if (failed?.status !== 'rejected') return running;
  await stopAll(running);
  throw failed.reason;
}

/** @param {Record<string, Running>} servers */
export const stopAll = (servers) => Promise.all(Object.values(servers).map((server) => server.stop()));
