/**
 * Everything that the master reports to fails: a full disk, a reader of the log that stalls, hooks and listeners that
 * throw, a control client that does not read, a `--notify` target that is not there. It costs no order and no event:
 * the state and the processes agree at every moment, and a stop ends in order.
 */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import http from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { request } from './support/control.ts';
import { DEADLINE_MS } from './support/deadline.ts';
import { MixedLoad } from './support/load.ts';
import { brief, thorough, times } from './support/long.ts';
import { cli, fixture, root } from './support/server.ts';

interface Status {
  readonly pid: number;
  readonly size: number;
  readonly generation: number;
  readonly state: string;
  readonly workers: { readonly pid?: number; readonly state: string }[];
}

const ROUNDS = times('ROUNDS', 1, 3);

let directory: string;
let server: ChildProcess | undefined;

beforeEach(() => {
  directory = fs.mkdtempSync(path.join(tmpdir(), 'tshorn-'));
});
afterEach(() => {
  server?.kill('SIGKILL');
  server = undefined;
  fs.rmSync(directory, { recursive: true });
});

const control = () => path.join(directory, 'control.sock');
const socketPath = () => path.join(directory, 'app.sock');

const status = async (): Promise<Status> =>
  (await request(control(), 'GET', '/status')).lines[0] as unknown as Status;

/** Nothing of the log can be read, and the file of the socket is there a moment before somebody listens. */
async function answers(): Promise<void> {
  const isRefused = () =>
    status().then(
      () => false,
      () => true,
    );
  for (const end = Date.now() + DEADLINE_MS; await isRefused(); await sleep(20)) {
    if (Date.now() > end) throw new Error('the control socket does not answer in time');
  }
}

/** Pids of the children of a process that are no zombies. */
function childrenOf(pid: number): number[] {
  const all = fs.readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean);
  return all.map(Number).filter((child) => {
    try {
      return !/\) Z /.test(fs.readFileSync(`/proc/${child}/stat`, 'utf8'));
    } catch {
      return false;
    }
  });
}

/** Compares what the status says with the processes that there are, until it is stopped. */
class Watch {
  readonly disagreements: string[] = [];
  comparisons = 0;
  #stopped = false;
  readonly #missing = new Map<number, number>();
  readonly #done: Promise<void>;

  constructor(pid: number) {
    this.#done = this.#run(pid);
  }

  async #run(pid: number): Promise<void> {
    while (!this.#stopped) {
      const before = childrenOf(pid);
      const { workers } = await status();
      const after = new Set(childrenOf(pid));
      const known = new Set(workers.map((worker) => worker.pid));
      const unknown = before.filter((child) => after.has(child) && !known.has(child));
      if (unknown.length > 0) this.disagreements.push(`the status lacks the processes ${unknown}`);
      this.#lookForPhantoms(known, new Set([...before, ...after]));
      this.comparisons++;
      await sleep(50);
    }
  }

  /** The kernel reports an end before the worker's last messages are read, which may take a second. */
  #lookForPhantoms(known: ReadonlySet<number | undefined>, there: ReadonlySet<number>): void {
    for (const pid of known) {
      if (pid === undefined || there.has(pid)) this.#missing.delete(pid ?? 0);
      else {
        const since = this.#missing.get(pid) ?? Date.now();
        this.#missing.set(pid, since);
        if (Date.now() - since > 5_000) this.disagreements.push(`the status has ${pid}, which is gone`);
      }
    }
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#done;
  }
}

/** A client that asks for a reload and never reads its answer. */
const asksAndNeverReads = () =>
  http
    .request({ socketPath: control(), method: 'POST', path: '/reload', agent: false }, (response) => {
      response.pause();
    })
    .on('error', () => {})
    .end();

const args = () => [
  fixture('mixed.mjs'),
  ...['--workers', '3', '--bind', `unix:${socketPath()}`, '--control', control(), '--log-level', 'debug'],
  ...['--config', fixture('fails-in-every-hook.config.mjs'), '--notify', 'udp://127.0.0.1:9'],
  ...['--soak', '50ms', '--idle-linger', '200ms', '--log-format', 'json'],
];

const spawnServer = (command: string, more: readonly string[], stderr: 'pipe' | 'ignore' | number) =>
  spawn(command, more, { cwd: root, stdio: ['ignore', 'ignore', stderr] });

const WAYS: Record<string, () => ChildProcess> = {
  'a full disk': () => spawnServer(process.execPath, [cli, ...args(), '--log-file', '/dev/full'], 'ignore'),
  'a pipe that nobody reads': () => {
    const pipe = path.join(directory, 'pipe');
    execFileSync('mkfifo', [pipe]);
    const open = (flags: number) => fs.openSync(pipe, flags | fs.constants.O_NONBLOCK);
    const reader = open(fs.constants.O_RDONLY);
    const writer = open(fs.constants.O_WRONLY);
    fs.writeSync(writer, Buffer.alloc(65_536, '\n'));
    const stderr = fs.openSync(pipe, fs.constants.O_WRONLY);
    const child = spawnServer(process.execPath, [cli, ...args()], stderr);
    for (const fd of [writer, stderr]) fs.closeSync(fd);
    child.once('close', () => fs.closeSync(reader));
    return child;
  },
  // What another Node process gives its child as a pipe is a socket. A writer in the background keeps it full.
  'a socket that nobody reads': () => {
    const script = '(dd if=/dev/zero bs=64k count=100 >&2 2>/dev/null &) ; exec "$0" "$@"';
    const child = spawnServer('sh', ['-c', script, process.execPath, cli, ...args()], 'pipe');
    child.once('exit', () => child.stderr?.destroy());
    return child;
  },
};

thorough.each(Object.entries(WAYS))(
  'a log on %s, and every other sink failing: no order and no event is lost',
  async (_name, start) => {
    server = start();
    const exited = once(server, 'exit');
    const pid = server.pid as number;
    await answers();
    const isWhole = async (generation: number) => {
      const { workers, size, state, generation: now } = await status();
      const ready = workers.filter((worker) => worker.state === 'ready').length;
      return state === 'running' && now >= generation && ready === size && workers.length === size;
    };
    const whole = async (generation = 1) => {
      for (const end = Date.now() + DEADLINE_MS; Date.now() < end; await sleep(50)) {
        if (await isWhole(generation)) return;
      }
      throw new Error(`not whole: ${JSON.stringify(await status())}`);
    };
    await whole();
    const watch = new Watch(pid);

    const load = new MixedLoad({ socketPath: socketPath() }).start({
      fresh: 2,
      posts: 4,
      slow: 1,
      uploads: 1,
    });
    await load.flow(20);
    const deaf = asksAndNeverReads();
    await whole(2);
    server.kill('SIGHUP');
    await whole(3);
    server.kill('SIGTTIN');
    for (let size = 0; size !== 4; await sleep(50)) ({ size } = await status());
    await whole(3);
    await load.flow(20);
    await load.stop();
    expect(load.failures).toEqual([]);

    for (let round = 0; round < ROUNDS; round++) {
      const { workers, generation } = await status();
      server.kill('SIGHUP');
      for (const worker of workers.slice(0, 2)) process.kill(worker.pid as number, 'SIGKILL');
      await whole(generation);
      const again = await request(control(), 'POST', '/reload', '{}');
      expect(again.lines.at(-1)).toMatchObject({ event: 'reload-finished', outcome: 'committed' });
      await whole(generation + 1);
    }
    await watch.stop();
    expect(watch.disagreements).toEqual([]);
    expect(watch.comparisons).toBeGreaterThan(20);

    const children = childrenOf(pid);
    server.kill('SIGTERM');
    expect(await exited).toEqual([0, null]);
    expect(children.filter((child) => fs.existsSync(`/proc/${child}`))).toEqual([]);
    deaf.destroy();
  },
);

brief(
  'listeners of a program that throw and reject cost the server nothing, and the program goes on',
  async () => {
    const child = spawn(process.execPath, [fixture('listens-badly.mjs'), fixture('mixed.mjs')], {
      cwd: root,
      env: { ...process.env, TSHORN_SOAK: '50ms' },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    server = child;
    const [out, log, [code]] = await Promise.all([
      text(child.stdout),
      text(child.stderr),
      once(child, 'close'),
    ]);
    expect({ code, log }).toMatchObject({ code: 0 });
    expect(JSON.parse(out)).toEqual({ scaled: 3, reload: 'committed', ready: 3, stop: 0 });
    expect(log).toContain('asynchronous listener');
    expect(log).toContain('listener of finished');
  },
);
