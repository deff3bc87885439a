/** Runs a real tshorn as a child process: starts it, waits for its log lines, signals it, ends it. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { DEADLINE_MS } from './deadline.ts';

export const root = path.resolve(__dirname, '../..');
export const cli = path.join(root, 'packages/tshorn/dist/cli.js');
export const fixture = (name: string): string => path.join(root, 'test/fixtures', name);

/** One JSON line of the log. */
export interface LogLine {
  readonly event?: string;
  readonly msg: string;
  readonly level: number;
  readonly time: number;
  readonly [field: string]: unknown;
}

export interface ServerOptions {
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly cwd?: string;
  readonly workers?: number;
  /** Default: 127.0.0.1 and a free port. */
  readonly bind?: string;
  /** True: pass neither `--bind` nor `--workers`; they come from somewhere else. */
  readonly bare?: boolean;
  /** Descriptors that it inherits as 3, 4, ... */
  readonly fds?: readonly number[];
  /** Turns the command into another one that starts it. */
  readonly through?: (command: readonly string[]) => readonly string[];
  /** Path of the program; may be a symbolic link. */
  readonly program?: string;
  /** Standard input; default: /dev/null. */
  readonly input?: 'ignore' | 'pipe' | number;
}

/** Events after which a worker is not in service. */
const LEAVES = new Set<string | undefined>(['draining', 'hung', 'crashed', 'exited', 'broken']);

const alive = new Set<TestServer>();

export class TestServer {
  readonly lines: LogLine[] = [];
  /** All output besides JSON lines. */
  output = '';
  readonly exited: Promise<number | null>;
  readonly #process: ChildProcess;
  readonly #waiting = new Set<() => void>();
  #ended = false;

  constructor(
    app: string,
    {
      args = [],
      env = {},
      cwd,
      workers = 1,
      bind = '127.0.0.1:0',
      bare = false,
      fds = [],
      through = (command) => command,
      program = cli,
      input = 'ignore',
    }: ServerOptions = {},
  ) {
    const given = bare ? [] : ['--bind', bind, '--workers', String(workers)];
    const argv = [process.execPath, program, app, ...given, '--log-format', 'json', ...args];
    const [command, ...rest] = through(argv);
    this.#process = spawn(command as string, rest, {
      cwd: cwd ?? root,
      // Only tests about the soak set a longer one.
      env: { ...process.env, PORT: undefined, WEB_CONCURRENCY: undefined, TSHORN_SOAK: '50ms', ...env },
      stdio: [input, 'pipe', 'pipe', ...fds],
    });
    alive.add(this);
    for (const stream of [this.#process.stdout, this.#process.stderr]) {
      if (stream) createInterface({ input: stream }).on('line', (line) => this.#read(line));
    }
    // `close` comes after the last line of both streams, and after a re-exec when the last master has ended.
    this.exited = once(this.#process, 'close').then(([code]) => {
      this.#ended = true;
      alive.delete(this);
      this.#wake();
      return code as number | null;
    });
  }

  #read(line: string): void {
    // A log line may follow the beginning of a worker's line: the master passes on a line that pauses for 100 ms.
    const start = line.indexOf('{"level":');
    const parsed = start < 0 ? undefined : parseLine(line.slice(start));
    if (parsed) this.lines.push(parsed);
    const rest = parsed ? line.slice(0, start) : line;
    if (rest !== '' || !parsed) this.output += `${rest}\n`;
    this.#wake();
  }

  #wake(): void {
    for (const check of [...this.#waiting]) check();
  }

  /** Pid of the first master. */
  get pid(): number {
    return this.#process.pid as number;
  }

  /** Pid of the active master; a re-exec changes it. */
  get master(): number {
    return (this.of('took-over').at(-1)?.master as number | undefined) ?? this.pid;
  }

  get port(): number {
    return this.lines.find(({ event }) => event === 'listening')?.port as number;
  }

  get origin(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** All output, for the report of a failed test. */
  get story(): string {
    return `${this.lines.map(({ msg }) => msg).join('\n')}\n${this.output}`;
  }

  /** Returns the lines of one event, from index `from` of all lines on. */
  of(event: string, from = 0): LogLine[] {
    return this.lines.slice(from).filter((line) => line.event === event);
  }

  /** Resolves when `look` finds something. Rejects with the log at the deadline or when the server ends. */
  until<T>(what: string, look: () => T | undefined | false, deadlineMs = DEADLINE_MS): Promise<T> {
    return new Promise((resolve, reject) => {
      const end = () => {
        clearTimeout(timer);
        this.#waiting.delete(check);
      };
      const fail = (why: string) => {
        end();
        reject(new Error(`${why} while waiting for: ${what}\n${this.story}`));
      };
      const timer = setTimeout(() => fail(`nothing within ${deadlineMs} ms`), deadlineMs);
      const check = () => {
        const found = look();
        if (found !== undefined && found !== false) {
          end();
          resolve(found);
        } else if (this.#ended) fail('the server ended');
      };
      this.#waiting.add(check);
      check();
    });
  }

  /** Resolves with the `count`-th line of this event after line index `from`. */
  event(event: string, { from = 0, count = 1 } = {}): Promise<LogLine> {
    return this.until(`${count} x ${event}`, () => this.of(event, from)[count - 1]);
  }

  started(): Promise<LogLine> {
    return this.event('started');
  }

  /** Signals the active master. */
  signal(signal: NodeJS.Signals): void {
    if (this.master === this.pid) this.#process.kill(signal);
    else if (!this.#ended) kill(this.master, signal);
  }

  /** Sends USR2. Resolves with the line of the verdict. */
  async reExec(): Promise<LogLine> {
    const from = this.lines.length;
    this.signal('SIGUSR2');
    return this.event('re-exec-finished', { from });
  }

  /** Sends HUP. Resolves with the line of the verdict. Many boots make it up, one after the other: it has three times as long as an event. */
  async reload(): Promise<LogLine> {
    const from = this.lines.length;
    this.signal('SIGHUP');
    return this.until('1 x reload-finished', () => this.of('reload-finished', from)[0], 3 * DEADLINE_MS);
  }

  /** Pids of the workers in service, as the log has them. */
  get readyPids(): number[] {
    const ready = new Set<number>();
    for (const { event, pid } of this.lines) {
      if (event === 'ready') ready.add(pid as number);
      if (LEAVES.has(event)) ready.delete(pid as number);
    }
    return [...ready];
  }

  /** Returns the pid of the newest worker that became ready in this slot (`worker=N` of the log). Slots become ready in any order. */
  pidOf(worker: number): number {
    return this.lines.findLast((line) => line.event === 'ready' && line.worker === worker)?.pid as number;
  }

  /** Returns the fewest workers in service at any moment after line index `from`. */
  leastReady(from: number): number {
    const ready = new Set<number>();
    let least = Number.POSITIVE_INFINITY;
    this.lines.forEach(({ event, pid }, index) => {
      if (event === 'ready') ready.add(pid as number);
      if (LEAVES.has(event)) ready.delete(pid as number);
      if (index >= from) least = Math.min(least, ready.size);
    });
    return least;
  }

  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<number | null> {
    if (!this.#ended) this.signal(signal);
    return this.exited;
  }

  /** Ends the server, whatever its state. */
  async end(): Promise<void> {
    if (this.#ended) return;
    this.signal('SIGINT');
    const timer = setTimeout(() => this.signal('SIGKILL'), DEADLINE_MS / 2);
    await this.exited;
    clearTimeout(timer);
  }
}

function parseLine(text: string): LogLine | undefined {
  try {
    return JSON.parse(text) as LogLine;
  } catch {
    return undefined;
  }
}

/** A master that was killed may still have unread output. */
function kill(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

/** Starts a server and waits until all its workers are ready. */
export async function startServer(app: string, options: ServerOptions = {}): Promise<TestServer> {
  const server = new TestServer(app, options);
  await server.started();
  return server;
}

/** Ends every server that a test has left running: `afterEach(endServers)`. */
export async function endServers(): Promise<void> {
  await Promise.all([...alive].map((server) => server.end()));
}
