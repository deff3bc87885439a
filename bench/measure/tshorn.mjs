/** A tshorn that is followed by its log: started, told to reload, stopped. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { cli } from './contenders.mjs';

/** Milliseconds, for any event, and for each worker: a reload boots them one after another. */
const DEADLINE_MS = 60_000;
const EACH_MS = 5_000;

/** @typedef {{event: string, time: number, [field: string]: any}} Line */

export class Tshorn {
  /** @type {Line[]} */
  lines = [];
  #child;
  #deadlineMs;
  #exited;
  #wake = () => {};

  /** @param {string} app @param {number} workers @param {string[]} [flags] further ones of tshorn @param {object} [env] */
  constructor(app, workers, flags = [], env = {}) {
    this.#deadlineMs = DEADLINE_MS + workers * EACH_MS;
    const argv = [cli, app, '--bind', '127.0.0.1:0', '--workers', String(workers), '--log-format', 'json'];
    argv.push(...flags);
    this.#child = spawn(process.execPath, argv, {
      env: { ...process.env, PORT: undefined, WEB_CONCURRENCY: undefined, ...env },
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    this.#exited = once(this.#child, 'exit').finally(() => this.#wake());
    createInterface({ input: this.#child.stderr }).on('line', (line) => {
      if (line.startsWith('{"level":')) this.lines.push(JSON.parse(line));
      else process.stderr.write(`${line}\n`);
      this.#wake();
    });
  }

  get #ended() {
    return this.#child.exitCode !== null || this.#child.signalCode !== null;
  }

  get pid() {
    return Number(this.#child.pid);
  }

  get port() {
    return this.lines.find(({ event }) => event === 'listening')?.port;
  }

  /** The first line of this event after line index `from`. @returns {Promise<Line>} */
  async event(name, from = 0) {
    const end = Date.now() + this.#deadlineMs;
    for (;;) {
      const line = this.lines.slice(from).find(({ event }) => event === name);
      if (line) return line;
      if (this.#ended) throw new Error(`tshorn ended before "${name}":\n${this.#story()}`);
      if (Date.now() > end) throw new Error(`no "${name}" within ${this.#deadlineMs} ms:\n${this.#story()}`);
      await new Promise((resolve) => {
        const timer = setTimeout(resolve, 1000);
        this.#wake = () => resolve(clearTimeout(timer));
      });
    }
  }

  #story = () => this.lines.map(({ msg }) => msg).join('\n');

  /** Resolves with both ends of the reload. */
  async reload() {
    const from = this.lines.length;
    this.#child.kill('SIGHUP');
    const finished = await this.event('reload-finished', from);
    return { started: await this.event('reload-started', from), finished };
  }

  async stop() {
    if (this.#ended) return;
    this.#child.kill('SIGTERM');
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), 40_000);
    await this.#exited;
    clearTimeout(timer);
  }

  /** Number of ready workers over time. @returns {{at: number, ready: number}[]} */
  readyOverTime() {
    const ready = new Set();
    const steps = [];
    for (const { event, pid, time } of this.lines) {
      if (event === 'ready') ready.add(pid);
      else if (!['draining', 'crashed', 'exited', 'broken'].includes(event) || !ready.delete(pid)) continue;
      steps.push({ at: time, ready: ready.size });
    }
    return steps;
  }
}
