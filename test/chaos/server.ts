/** The server that chaos is done to: its log is a file, since a full disk is one of the faults. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { request } from '../support/control.ts';
import { freePort } from '../support/free-ports.ts';
import { cli, root } from '../support/server.ts';

export const BAD_RELEASES = ['throws', 'exits', 'never-boots', 'status-500', 'crashes-when-ready'] as const;

/** `--timeout`. Well above what a busy machine takes, on top of the shorter stops. */
export const TIMEOUT_MS = 4_000;

export interface Status {
  readonly state: string;
  readonly generation: number;
  readonly size: number;
  readonly workers: readonly { slot: number; generation: number; pid?: number; state: string }[];
}

const here = path.join(root, 'test/chaos');

export class ChaosServer {
  readonly directory = fs.mkdtempSync(path.join(tmpdir(), 'tshorn-chaos-'));
  readonly exited: Promise<number | null>;
  readonly port: number;
  readonly #process: ChildProcess;

  static async start(workers: number): Promise<ChaosServer> {
    const server = new ChaosServer(workers, await freePort());
    await server.until('the start', ({ state }) => state === 'running');
    return server;
  }

  private constructor(workers: number, port: number) {
    this.port = port;
    for (const release of ['good', ...BAD_RELEASES]) {
      const directory = path.join(this.directory, 'releases', release);
      fs.mkdirSync(directory, { recursive: true });
      fs.copyFileSync(path.join(here, 'app.mjs'), path.join(directory, 'app.mjs'));
    }
    fs.writeFileSync(this.file('faults'), '');
    this.deploy('good');
    const stderr = fs.openSync(this.file('stderr'), 'w');
    const flags = {
      bind: `127.0.0.1:${port}`,
      workers,
      config: path.join(here, 'hooks.config.mjs'),
      control: this.file('control.sock'),
      'log-file': this.file('log'),
      // In a crash loop the lines of each worker are among the details.
      'log-level': 'debug',
      timeout: `${TIMEOUT_MS}ms`,
      'max-memory': '200MB',
      grace: '15s',
      'boot-timeout': '6s',
      soak: '1500ms',
    };
    const words = Object.entries(flags).flatMap(([flag, value]) => [`--${flag}`, String(value)]);
    this.#process = spawn(process.execPath, [cli, 'current/app.mjs', '--chdir', this.directory, ...words], {
      env: {
        ...process.env,
        PORT: undefined,
        WEB_CONCURRENCY: undefined,
        NODE_OPTIONS: `--require ${path.join(here, 'jumping-clock.cjs')}`,
        CHAOS_FAULTS: this.file('faults'),
        CHAOS_ROOT: here,
        CHAOS_HOOKS: this.file('hooks-fail'),
        CHAOS_CLOCK: this.file('clock'),
      },
      stdio: ['ignore', stderr, stderr],
    });
    fs.closeSync(stderr);
    this.exited = once(this.#process, 'exit').then(([code]) => code as number | null);
  }

  get pid(): number {
    return this.#process.pid as number;
  }

  get isAlive(): boolean {
    return this.#process.exitCode === null && this.#process.signalCode === null;
  }

  file(name: string): string {
    return path.join(this.directory, name);
  }

  /** Points `current` to a release, as a deploy does. */
  deploy(release: string): void {
    const link = this.file('next');
    fs.rmSync(link, { force: true });
    fs.symlinkSync(path.join('releases', release), link);
    fs.renameSync(link, this.file('current'));
  }

  signal(signal: NodeJS.Signals): void {
    this.#process.kill(signal);
  }

  async status(): Promise<Status> {
    return JSON.parse((await request(this.file('control.sock'), 'GET', '/status')).text);
  }

  /** Resolves with how the reload ended. */
  async reload(): Promise<string> {
    const { lines } = await request(this.file('control.sock'), 'POST', '/reload', '{"by":"chaos"}');
    return String(lines.at(-1)?.outcome);
  }

  async until(what: string, fits: (status: Status) => boolean, deadlineMs = 120_000): Promise<Status> {
    const end = Date.now() + deadlineMs;
    for (;;) {
      const status = await this.status().catch(() => undefined);
      if (status && fits(status)) return status;
      if (Date.now() > end || !this.isAlive) {
        throw new Error(`${what} did not come: ${JSON.stringify(status)}\n${this.story}`);
      }
      await sleep(100);
    }
  }

  /** All processes that were started with this server's environment, the master included. */
  processes(): number[] {
    return fs
      .readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name))
      .map(Number)
      .filter((pid) => {
        try {
          const isZombie = /^State:\s+Z/m.test(fs.readFileSync(`/proc/${pid}/status`, 'utf8'));
          return !isZombie && fs.readFileSync(`/proc/${pid}/environ`, 'latin1').includes(this.file('faults'));
        } catch {
          return false; // Gone, or not ours.
        }
      });
  }

  /** The log's length, and the time of this clock: the log's own times jump with the server's clock. */
  readonly #lengths: { at: number; length: number }[] = [];

  /** Notes how long the log is by now, for {@link linesBetween}. */
  noteLength(): void {
    const { size } = fs.statSync(this.file('log'), { throwIfNoEntry: false }) ?? {};
    if (size) this.#lengths.push({ at: Date.now(), length: size });
  }

  /** The log lines between two moments of this clock. */
  linesBetween(from: number, until: number): string[] {
    const log = fs.readFileSync(this.file('log'));
    const lengthAt = (at: number) => this.#lengths.find((note) => note.at > at)?.length ?? log.length;
    return log.subarray(lengthAt(from), lengthAt(until)).toString().split('\n');
  }

  /** The end of what it has said. */
  get story(): string {
    const read = (name: string) => {
      try {
        return fs.readFileSync(this.file(name), 'utf8').split('\n').slice(-60).join('\n');
      } catch (error) {
        return String(error);
      }
    };
    return `${read('log')}\n${read('stderr')}`;
  }

  async end(): Promise<void> {
    for (const pid of this.processes()) {
      try {
        process.kill(pid, 'SIGKILL');
      } catch {} // The process has just ended.
    }
    await this.exited;
    fs.rmSync(this.directory, { recursive: true, force: true });
  }
}
