/** A real Prometheus on loopback, from the packages of the system. */
import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from './free-ports.ts';

/** True on a machine that has `prometheus` and `promtool`. */
export const hasPrometheus = ['prometheus', 'promtool'].every(
  (program) => spawnSync(program, ['--version']).status === 0,
);

/** @throws with what promtool says. Returns its output. */
export const promtool = (args: readonly string[], input?: string): string =>
  execFileSync('promtool', args, { encoding: 'utf8', stdio: 'pipe', ...(input !== undefined && { input }) });

export interface Sample {
  readonly metric: Readonly<Record<string, string>>;
  readonly value: readonly [time: number, value: string];
}

export class Prometheus {
  readonly #process: ChildProcess;
  readonly #origin: string;
  #output = '';

  private constructor(config: string, directory: string, port: number) {
    this.#origin = `http://127.0.0.1:${port}`;
    const args = [
      `--config.file=${config}`,
      `--storage.tsdb.path=${path.join(directory, 'data')}`,
      `--web.listen-address=127.0.0.1:${port}`,
    ];
    this.#process = spawn('prometheus', args, { stdio: ['ignore', 'ignore', 'pipe'] });
    this.#process.stderr?.on('data', (data) => {
      this.#output += data;
    });
  }

  /** @param directory gets its data and `prometheus.yml` */
  static async start(directory: string, config: string): Promise<Prometheus> {
    const file = path.join(directory, 'prometheus.yml');
    fs.writeFileSync(file, config);
    const one = new Prometheus(file, directory, await freePort());
    await one.until('a running Prometheus', async () => (await fetch(`${one.#origin}/-/ready`)).ok);
    return one;
  }

  async get<T>(path: string, query: Record<string, string> = {}): Promise<T> {
    const response = await fetch(`${this.#origin}/api/v1/${path}?${new URLSearchParams(query)}`);
    const reply = (await response.json()) as { status: string; error?: string; data: T };
    if (reply.status !== 'success') throw new Error(`${path} ${JSON.stringify(query)}: ${reply.error}`);
    return reply.data;
  }

  /** The samples of an expression, now. @throws where Prometheus cannot evaluate it */
  async query(expression: string): Promise<readonly Sample[]> {
    const { result } = await this.get<{ result: readonly Sample[] }>('query', { query: expression });
    return result;
  }

  /** Resolves when `look` resolves with something true; a failure of its own counts as not yet. */
  async until(what: string, look: () => Promise<boolean>): Promise<void> {
    for (const end = Date.now() + 60_000; !(await look().catch(() => false)); await sleep(200)) {
      if (this.#process.exitCode !== null || Date.now() > end)
        throw new Error(`no ${what} within a minute: ${await this.#scrapeErrors()}\n${this.#output}`);
    }
  }

  async #scrapeErrors(): Promise<string> {
    type Targets = { activeTargets: { scrapeUrl: string; lastError: string }[] };
    const { activeTargets } = await this.get<Targets>('targets').catch(() => ({ activeTargets: [] }));
    return activeTargets
      .map(({ scrapeUrl, lastError }) => `${scrapeUrl} ${lastError || 'answers'}`)
      .join('; ');
  }

  async end(): Promise<void> {
    if (this.#process.exitCode !== null || this.#process.signalCode !== null) return;
    const ended = once(this.#process, 'close');
    this.#process.kill('SIGKILL');
    await ended;
  }
}
