/**
 * The admin listener under clients that mean harm: the master reloads, answers its control socket and its probes, and holds
 * neither their connections nor their bytes. HOSTILE_CLIENTS sets their number; then the figures are printed.
 */
import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import path from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { request } from './support/control.ts';
import { DEADLINE_MS } from './support/deadline.ts';
import { directory, ownDirectory } from './support/directory.ts';
import { type Answer, ask } from './support/load.ts';
import { thorough, times } from './support/long.ts';
import { fixture, startServer, type TestServer } from './support/server.ts';

/** With `ulimit -n`: an eighth of it. */
const MOST_CONNECTIONS = 256;
/** The master needs them for a reload of two workers, besides. */
const SPARE_DESCRIPTORS = 60;
/** The code for HTTP, which is loaded, and 256 connections may take them. */
const SPARE_BYTES = 150e6;

ownDirectory();
const clients = new Set<Attack>();
afterEach(async () => {
  for (const attack of clients) await attack.end();
});

class Attack {
  readonly #process: ChildProcessByStdio<Writable, Readable, null>;
  readonly #closed: Promise<unknown>;
  #last = '{"made":{}}';
  /** Resolves when each client has been connected once, on average. */
  readonly connected: Promise<void>;

  constructor(port: string, count: number) {
    clients.add(this);
    const program = fixture('attacks-the-admin-listener.mjs');
    this.#process = spawn(process.execPath, [program, port, String(count)], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    this.#closed = once(this.#process, 'close');
    const lines = createInterface({ input: this.#process.stdout });
    this.connected = new Promise((resolve, reject) => {
      lines.on('line', (line) => {
        this.#last = line;
        if (this.made >= count) resolve();
      });
      lines.once('close', () => reject(new Error(`the clients have ended after: ${this.#last}`)));
    });
  }

  get made(): number {
    const { made } = JSON.parse(this.#last) as { made: Record<string, number> };
    return Object.values(made).reduce((sum, one) => sum + one, 0);
  }

  async end(): Promise<void> {
    clients.delete(this);
    this.#process.stdin.end();
    await this.#closed;
  }
}

const controlPath = () => path.join(directory, 'control');

const start = (through?: (command: readonly string[]) => readonly string[]): Promise<TestServer> =>
  startServer(fixture('says-hello.mjs'), {
    workers: 2,
    args: ['--admin', '127.0.0.1:0', '--control', controlPath()],
    ...(through && { through }),
  });

const portOf = (server: TestServer): string =>
  String(server.of('admin-listening')[0]?.address).replace(/.*:/, '');

const descriptorsOf = (pid: number): number => fs.readdirSync(`/proc/${pid}/fd`).length;
const memoryOf = (pid: number): number =>
  1024 * Number(/VmRSS:\s+(\d+)/.exec(fs.readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]);

/** A crowd may push a connection out before its request has come: a probe comes again then, as probes do. */
async function probe(port: string, path: string): Promise<Answer> {
  for (const end = Date.now() + DEADLINE_MS; ; await sleep(50)) {
    try {
      return await ask({ port: Number(port) }, { path, agent: false });
    } catch (error) {
      if (Date.now() > end) throw error;
    }
  }
}

interface Figures {
  readonly descriptors: number;
  readonly memory: number;
  readonly reloadMs: number;
  readonly controlMs: number;
  readonly probeMs: number;
}

async function measure(server: TestServer): Promise<Figures> {
  const { outcome, tookMs } = await server.reload();
  expect(outcome).toBe('committed');
  const timed = async (act: () => Promise<{ status: number }>): Promise<number> => {
    const begun = performance.now();
    expect((await act()).status).toBe(200);
    return Math.round(performance.now() - begun);
  };
  const controlMs = await timed(() => request(controlPath(), 'GET', '/status'));
  const probeMs = await timed(() => probe(portOf(server), '/ready'));
  expect((await fetch(server.origin)).status).toBe(200);
  const [descriptors, memory] = [descriptorsOf(server.pid), memoryOf(server.pid)];
  return { descriptors, memory, reloadMs: tookMs as number, controlMs, probeMs };
}

async function attacked(server: TestServer, count: number, most: number, rounds: number): Promise<void> {
  const before = await measure(server);
  const attack = new Attack(portOf(server), count);
  await attack.connected;
  const figures: Figures[] = [];
  while (figures.length < rounds) figures.push(await measure(server));
  const { made } = attack;
  await attack.end();
  if (process.env.HOSTILE_CLIENTS) console.table([before, ...figures, { made }]);
  for (const { descriptors, memory } of figures) {
    expect(descriptors).toBeLessThanOrEqual(before.descriptors + most + SPARE_DESCRIPTORS);
    expect(memory).toBeLessThan(before.memory + SPARE_BYTES);
  }
}

const withDescriptors = (count: number) => (command: readonly string[]) => [
  'sh',
  '-c',
  `ulimit -n ${count} && exec "$@"`,
  'sh',
  ...command,
];

thorough('hostile clients leave the descriptors that a reload needs', async () => {
  await attacked(await start(withDescriptors(256)), 300, 32, 1);
});

thorough('hostile clients cost the master neither memory nor descriptors while it reloads', async () => {
  const count = times('HOSTILE_CLIENTS', 0, 1_000);
  await attacked(await start(), count, MOST_CONNECTIONS, 3);
});
