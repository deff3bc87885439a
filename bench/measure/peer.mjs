/** One peer: started in a directory of its own, reloaded, and ended with all that it started. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { firstAnswer } from '../load/first-answer.mjs';
import { directory, reloaded } from '../peers/peers.mjs';
import { freePort } from './contenders.mjs';
import { childrenOf, commandOf } from './proc.mjs';

const DEADLINE_MS = 60_000;
const LOOK_MS = 10;

const familyOf = (pid) => [pid, ...childrenOf(pid).flatMap(familyOf)];

export class RunningPeer {
  #peer;
  #program;
  #site;
  #child;
  #env;
  #errors = '';

  /**
   * @param {import('../peers/peers.mjs').Peer} peer @param {string} program @param {number} workers
   * @param {{app?: string, env?: object}} [other] than the app that is reloaded
   */
  static async start(peer, program, workers, { app = reloaded, env = {} } = {}) {
    const scratch = fs.mkdtempSync(path.join(os.tmpdir(), 'bench-peer-'));
    const running = new RunningPeer(peer, program, { port: await freePort(), workers, scratch, app }, env);
    try {
      await firstAnswer(running.port);
      await running.#until(() => running.workers().length === workers, 'all workers');
      // Those that are there may still be loading the app.
      await sleep(2000);
      return running;
    } catch (error) {
      await running.stop();
      throw new Error(`${peer.name}: ${/** @type {Error} */ (error).message}\n${running.#errors}`);
    }
  }

  /** @param {import('../peers/peers.mjs').Site} site */
  constructor(peer, program, site, env) {
    this.#env = env;
    this.#peer = peer;
    this.#program = program;
    this.#site = site;
    this.#child = this.#spawn(peer.command(site, program));
  }

  get port() {
    return this.#site.port;
  }

  workers() {
    const all = familyOf(Number(this.#child.pid)).slice(1);
    return all.filter((pid) => this.#peer.workers.test(commandOf(pid)));
  }

  #spawn([command, ...args]) {
    const { port, workers, scratch, app } = this.#site;
    const own = {
      PORT: String(port),
      WORKERS: String(workers),
      PEERS: directory,
      SCRATCH: scratch,
      BENCH_APP: app,
    };
    const homes = { PM2_HOME: path.join(scratch, 'pm2'), PYTHONDONTWRITEBYTECODE: '1' };
    const child = spawn(command, args, {
      cwd: scratch,
      env: { ...process.env, WEB_CONCURRENCY: undefined, ...own, ...homes, ...this.#env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const keep = (data) => {
      this.#errors = (this.#errors + data).slice(-4000);
    };
    child.stdout.on('data', keep);
    child.stderr.on('data', keep);
    child.on('error', keep);
    return child;
  }

  /** Until every old worker is gone and there are as many new ones. @returns {Promise<number>} ms */
  async reload() {
    const old = new Set(this.workers());
    const start = performance.now();
    const { signal, reload } = this.#peer;
    if (signal) this.#child.kill(signal);
    else {
      const command = reload?.(this.#site, this.#program);
      if (command) await once(this.#spawn(command), 'exit');
    }
    const over = () => {
      const now = this.workers();
      return now.length >= this.#site.workers && !now.some((pid) => old.has(pid));
    };
    await this.#until(over, 'the end of the reload');
    return performance.now() - start;
  }

  /** Resolves when all of them are new or of these, and one of these is gone. @param {ReadonlySet<number>} before */
  async replaced(before) {
    const over = () => {
      const now = this.workers();
      return now.length >= this.#site.workers && now.some((pid) => !before.has(pid));
    };
    await this.#until(over, 'the replacement');
  }

  async #until(met, what) {
    for (const end = Date.now() + DEADLINE_MS; !met(); await sleep(LOOK_MS)) {
      if (this.#child.exitCode !== null) throw new Error(`ended before ${what}`);
      if (Date.now() > end) throw new Error(`no sign of ${what} within ${DEADLINE_MS} ms`);
    }
  }

  async stop() {
    const family = familyOf(Number(this.#child.pid));
    const alive = () => family.filter((pid) => fs.existsSync(`/proc/${pid}`));
    if (this.#child.exitCode === null) this.#child.kill('SIGTERM');
    for (const end = Date.now() + 10_000; alive().length > 0 && Date.now() < end; ) await sleep(50);
    for (const pid of alive()) process.kill(pid, 'SIGKILL');
    await sleep(100);
    fs.rmSync(this.#site.scratch, { recursive: true, force: true, maxRetries: 3 });
  }
}
