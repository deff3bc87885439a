/** The access log under load: over reloads, rotations and a full disk each request has its line, or is among those that are told to be lost. */
import { execFileSync } from 'node:child_process';
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import http from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ask } from './support/load.ts';
import { brief, isLong, thorough } from './support/long.ts';
import { endServers, fixture, startServer, type TestServer } from './support/server.ts';

let directory: string;
let file: string;
let clients: Clients | undefined;
beforeEach(() => {
  directory = mkdtempSync(path.join(tmpdir(), 'tshorn-access-'));
  file = path.join(directory, 'access.log');
});
afterEach(async () => {
  await clients?.end();
  clients = undefined;
  await endServers();
  rmSync(directory, { recursive: true, force: true });
});

const start = (workers: number, ...args: string[]): Promise<TestServer> =>
  startServer(fixture('says-hello.mjs'), {
    workers,
    args: ['--access-log', file, '--access-log-format', 'json', ...args],
  });

/** A worker writes what it has before it ends. */
async function stop(server: TestServer): Promise<void> {
  server.signal('SIGTERM');
  expect(await server.exited).toBe(0);
}

interface Line {
  readonly id?: string;
  readonly event?: string;
  readonly lines?: number;
}

/** The lines of files, and how many are no object. */
function read(...files: string[]): { ids: string[]; lost: number; broken: number } {
  const ids: string[] = [];
  let [lost, broken] = [0, 0];
  for (const text of files.flatMap((name) => readFileSync(name, 'utf8').split('\n').slice(0, -1))) {
    let line: Line = {};
    try {
      line = JSON.parse(text) as Line;
    } catch {
      broken++;
    }
    if (line.id !== undefined) ids.push(line.id);
    lost += line.lines ?? 0;
  }
  return { ids, lost, broken };
}

/** Clients that ask again and again, each request with an id and a target of another length, until they are ended. */
class Clients {
  readonly answered: string[] = [];
  readonly failures: string[] = [];
  readonly #port: number;
  readonly #all: Promise<void>[] = [];
  readonly #agents: http.Agent[] = [];
  #isOver = false;

  constructor({ port }: TestServer) {
    this.#port = port;
    for (let client = 0; client < 6; client++) {
      const agent = client % 3 === 0 ? undefined : new http.Agent({ keepAlive: true, maxSockets: 1 });
      if (agent) this.#agents.push(agent);
      this.#all.push(this.#run(`c${client}`, agent ?? false));
    }
  }

  async #run(name: string, agent: http.Agent | false): Promise<void> {
    for (let count = 0; !this.#isOver; count++) {
      const id = `${name}-${count}`;
      const target = `/${'x'.repeat((count * 37) % 4_000)}`;
      try {
        const headers = { 'x-request-id': id };
        const { status } = await ask({ port: this.#port }, { path: target, agent, headers });
        if (status !== 200) throw new Error(`status ${status}`);
        this.answered.push(id);
      } catch (error) {
        this.failures.push(`${id}: ${(error as Error).message}`);
      }
      await sleep(3);
    }
  }

  /** Resolves when so many more have been answered. */
  async flow(count: number): Promise<void> {
    const goal = this.answered.length + count;
    while (this.answered.length < goal && this.failures.length === 0) {
      await sleep(10);
    }
  }

  async end(): Promise<void> {
    this.#isOver = true;
    await Promise.all(this.#all);
    for (const agent of this.#agents) agent.destroy();
  }
}

thorough(
  'over ten reloads and as many rotations each request has one line',
  async () => {
    const server = await start(2);
    clients = new Clients(server);
    for (let reload = 0; reload < 10; reload++) {
      const reloaded = server.reload();
      for (let rotation = 0; rotation < 2; rotation++) {
        await clients.flow(300);
        const from = server.lines.length;
        renameSync(file, `${file}.${reload}.${rotation}`);
        server.signal('SIGUSR1');
        await server.until('log file reopened', () =>
          server.lines.slice(from).some(({ event }) => event === 'log-reopened'),
        );
      }
      expect(await reloaded).toMatchObject({ outcome: 'committed' });
    }
    await clients.end();
    await stop(server);
    const names = readdirSync(directory).map((name) => path.join(directory, name));
    const { ids, lost, broken } = read(...names);
    expect(clients.failures).toEqual([]);
    expect({ lost, broken }).toEqual({ lost: 0, broken: 0 });
    expect(ids.sort()).toEqual(clients.answered.sort());
  },
  300_000,
);

/** Lines that the server's log tells to be lost. */
const told = (server: TestServer): number =>
  server.of('access-log-lost').reduce((sum, { lines = 0 }) => sum + (lines as number), 0);

brief('a file that may not grow loses lines and no request, and how many is told', async () => {
  const server = await start(1);
  const limit = (bytes: string) =>
    execFileSync('prlimit', ['--pid', String(server.pidOf(0)), `--fsize=${bytes}:`]);
  const asked: string[] = [];
  const get = async () => {
    const id = `r-${asked.length}`;
    asked.push(id);
    const headers = { 'x-request-id': id, connection: 'close' };
    expect(await ask({ port: server.port }, { path: '/', agent: false, headers })).toMatchObject({
      status: 200,
    });
  };
  await get();
  const size = () => statSync(file, { throwIfNoEntry: false })?.size ?? 0;
  while (size() === 0) await sleep(10);
  // In the middle of the next line, however long this one is.
  limit(String(size() + 10));
  while (server.of('access-log-lost').length === 0) await get();
  expect(server.of('access-log-lost')).toMatchObject([{ worker: 0, reason: 'EFBIG' }]);
  limit('unlimited');
  await get();
  await server.event('access-log-lost', { count: 2 });
  await get();
  await stop(server);
  const { ids, lost, broken } = read(file);
  expect(told(server)).toBe(lost);
  expect(ids.length + lost).toBe(asked.length);
  // The line of which a part was written.
  expect(broken).toBe(1);
  expect(ids.at(-1)).toBe(asked.at(-1));
});

/** A file system of this size, if this user may mount one. */
function mounted(at: string, size: string): boolean {
  try {
    mkdirSync(at);
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${size}`, 'tmpfs', at], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

const mayMount = (): boolean => {
  const at = mkdtempSync(path.join(tmpdir(), 'tshorn-mount-'));
  const may = mounted(path.join(at, 'disk'), '64k');
  if (may) execFileSync('umount', [path.join(at, 'disk')]);
  rmSync(at, { recursive: true });
  return may;
};

/** Writes a file until the disk is full. */
function fill(name: string): void {
  try {
    writeFileSync(name, Buffer.alloc(DISK_BYTES));
  } catch {
    // ENOSPC, as it is to be.
  }
}

const DISK_BYTES = 16 * 1024 * 1024;

(isLong && mayMount() ? test : test.skip)(
  'a disk that is full, and full again, loses lines and no request, and how many is told',
  async () => {
    const disk = path.join(directory, 'disk');
    expect(mounted(disk, String(DISK_BYTES))).toBe(true);
    try {
      file = path.join(disk, 'access.log');
      const filler = path.join(disk, 'filler');
      const server = await start(3);
      clients = new Clients(server);
      await clients.flow(100);
      for (let round = 0; round < 3; round++) {
        const from = server.lines.length;
        fill(filler);
        const states = (has: boolean) =>
          server.of('access-log-lost', from).filter(({ lines }) => (lines !== undefined) === has);
        await server.until('lines are being lost', () => states(false).length > 0);
        await clients.flow(300);
        rmSync(filler);
        await server.until('it can be written again', () => states(true).length === states(false).length);
      }
      await clients.end();
      await stop(server);
      const { ids, lost, broken } = read(file);
      expect(clients.failures).toEqual([]);
      expect(told(server)).toBe(lost);
      // A line that has lost its newline alone is counted as lost, and is whole.
      const twice = ids.length + lost - clients.answered.length;
      expect(twice).toBeGreaterThanOrEqual(0);
      expect(broken + twice).toBeLessThanOrEqual(9);
      expect(new Set(ids).size).toBe(ids.length);
    } finally {
      await endServers();
      execFileSync('umount', [disk]);
    }
  },
  300_000,
);
