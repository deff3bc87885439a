/** A real HAProxy, from the packages of the system. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { DEADLINE_MS } from './deadline.ts';

/** True on a machine that has it. */
export const hasHAProxy = spawnSync('haproxy', ['-v']).status === 0;

/** A server of the backend, as HAProxy sees it: the columns of `show stat` by name. */
export type Row = Readonly<Record<string, string>>;

const commandOf = (config: string): string[] => ['haproxy', '-db', '-f', config];

export class HAProxy {
  /** Path of the socket on which it takes requests, where `start` has made it. */
  readonly frontend: string;
  readonly #process: ChildProcess;
  readonly #stats: string;
  #output = '';

  private constructor([command = '', ...args]: readonly string[], frontend: string, stats: string) {
    this.frontend = frontend;
    this.#stats = stats;
    this.#process = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    for (const stream of [this.#process.stdout, this.#process.stderr]) {
      stream?.on('data', (data) => {
        this.#output += data;
      });
    }
  }

  /**
   * Starts one that tries no request twice, so that each failure is seen.
   * @param directory gets its configuration and sockets
   * @param backend lines of the backend, its servers among them
   */
  static async start(directory: string, backend: readonly string[]): Promise<HAProxy> {
    const [config, frontend, stats] = ['haproxy.cfg', 'frontend', 'stats'].map((name) =>
      path.join(directory, name),
    ) as [string, string, string];
    const sections = {
      global: [`stats socket ${stats} level admin`, 'nbthread 1'],
      defaults: [
        'mode http',
        'retries 0',
        // Without it a check has only as long as its interval.
        'timeout check 10s',
        'timeout connect 10s',
        'timeout client 1m',
        'timeout server 1m',
        // A client of the test may be slow, and a connection to a server is shared by all clients.
        'http-reuse always',
      ],
      'frontend all': [`bind unix@${frontend}`, 'default_backend servers'],
      'backend servers': ['balance roundrobin', ...backend],
    };
    const lines = Object.entries(sections).flatMap(([name, rows]) => [
      name,
      ...rows.map((row) => `  ${row}`),
    ]);
    fs.writeFileSync(config, `${lines.join('\n')}\n`);
    const one = new HAProxy(commandOf(config), frontend, stats);
    await one.until('sockets', () => fs.existsSync(frontend) && fs.existsSync(stats));
    return one;
  }

  /**
   * Starts one by a whole configuration.
   * @param stats path of its `stats socket`
   * @param through turns the command into another one that starts it
   */
  static async run(
    config: string,
    stats: string,
    through: (command: readonly string[]) => readonly string[],
  ): Promise<HAProxy> {
    const one = new HAProxy(through(commandOf(config)), '', stats);
    await one.until('socket', () => fs.existsSync(stats));
    return one;
  }

  /** What it has written so far: its log, where that goes to `stdout`. */
  get output(): string {
    return this.#output;
  }

  /** Sends a command to the stats socket. Resolves with its answer. */
  async command(command: string): Promise<string> {
    const socket = net.connect(this.#stats);
    socket.end(`${command}\n`);
    return (await text(socket)).trim();
  }

  /** @throws where there is no such server */
  async server(name: string): Promise<Row> {
    const [names = '', ...rows] = (await this.command('show stat')).split('\n');
    const columns = names.replace('# ', '').split(',');
    const row = rows.map((line) => line.split(',')).find(([, server]) => server === name);
    if (!row) throw new Error(`HAProxy has no server ${name}`);
    return Object.fromEntries(columns.map((column, at) => [column, row[at] ?? '']));
  }

  /** Resolves when this server has a status that begins so: `UP`, `DRAIN`, `DOWN`. */
  async sees(name: string, status: string): Promise<Row> {
    let row: Row = {};
    await this.until(`server ${name}: ${status}`, async () => {
      row = await this.server(name);
      return row.status?.startsWith(status) ?? false;
    });
    return row;
  }

  async until(what: string, look: () => boolean | Promise<boolean>): Promise<void> {
    for (const end = Date.now() + DEADLINE_MS; !(await look()); await sleep(20)) {
      if (this.#process.exitCode !== null || Date.now() > end) {
        throw new Error(`HAProxy: no ${what} within ${DEADLINE_MS} ms\n${this.#output}`);
      }
    }
  }

  async end(): Promise<void> {
    if (this.#process.exitCode !== null || this.#process.signalCode !== null) return;
    const ended = once(this.#process, 'close');
    this.#process.kill('SIGKILL');
    await ended;
  }
}
