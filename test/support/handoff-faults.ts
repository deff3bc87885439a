/** Processes that die in the middle of a handoff, as a suite: for plain connections, and for those that speak TLS. */

import { execFileSync } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { DEADLINE_MS, TEST_MS } from './deadline.ts';
import { descriptors, onLinux, sockets } from './descriptors.ts';
import { eventually } from './eventually.ts';
import { KeepAliveClient } from './keep-alive-client.ts';
import { held, isFlat, kill, reloading, settled, type Victims, victims } from './killed-in-handoff.ts';
import type { Target } from './load.ts';
import { cases } from './long.ts';
import { endServers, fixture, startServer, type TestServer } from './server.ts';

/** What the connections speak. */
export interface Kind {
  readonly app: string;
  readonly args: readonly string[];
  /** The targets of clients in turn. */
  targets(port: number): Promise<(at: number) => Target>;
  readonly clients: number;
  readonly rounds: number;
}

/** Its socket is opened a moment after the start, and would be one more than at the base line. */
const NO_CONTROL = ['--no-control'];
/** After some more crashes in a row the master waits longer and longer before it starts a worker. */
const ROUNDS_PER_SERVER = 6;
const GET = 'GET / HTTP/1.1\r\nHost: x\r\n\r\n';
/** A client that has neither an answer nor an end by then is in limbo. */

let clients: KeepAliveClient[] = [];
let kind: Kind;

const start = (args: readonly string[]) =>
  startServer(fixture(kind.app), { workers: 2, args: [...kind.args, ...args] });

/** Fills up to so many clients: half of them have asked before, half have not sent a byte. */
async function fill(server: TestServer, count: number): Promise<void> {
  clients = clients.filter((client) => client.open);
  const fresh: Promise<void>[] = [];
  const targets = await kind.targets(server.port);
  while (clients.length < count) {
    const client = await KeepAliveClient.connect(targets(clients.length));
    clients.push(client);
    if (clients.length % 2 === 0) fresh.push(client.ask([GET], /^\d+$/));
  }
  await Promise.all(fresh);
}

/** Every client asks. Those that are neither answered nor ended in time are in limbo. */
async function limbo(): Promise<number> {
  const settled = new Set<KeepAliveClient>();
  const all = clients.map((client) => client.ask([GET], /^\d+$/).then(() => settled.add(client)));
  await Promise.race([Promise.all(all), sleep(DEADLINE_MS, undefined, { ref: false })]);
  return clients.filter((client) => !settled.has(client)).length;
}

const open = () => clients.filter((client) => client.open).length;

async function killInTheMiddle(server: TestServer, which: Victims) {
  const count = Math.random() < 0.5 ? 1 : 2;
  const { sender, receiver, all, from } = await reloading(server, count);
  const had = kill(which(sender, receiver));
  await settled(server, from);
  return { when: `handoff ${count} of ${all} connections`, had, from };
}

/** @param held sockets of a worker without clients */
const balance = async (server: TestServer, held: number) => {
  const from = server.lines.length;
  server.signal('SIGTTIN');
  const taker = (await server.event('ready', { from })).pid as number;
  await server.event('balance', { from });
  await eventually(
    'connections that have moved',
    () => sockets(taker),
    (now) => now > held + kind.clients / 20,
  );
};

const ENDS = [
  ['and is killed', 'SIGKILL'],
  ['and wakes up', 'SIGCONT'],
] as const;

/** From now on the process gets no descriptor beyond so many. */
const limit = (pid: number, count: number) =>
  execFileSync('prlimit', ['--pid', String(pid), `--nofile=${count}:`]);

async function scaleDown(server: TestServer, from = server.lines.length): Promise<void> {
  server.signal('SIGTTOU');
  await server.event('draining', { from });
}

/** Registers the tests, for connections of one kind. */
export function handoffFaults(of: Kind): void {
  kind = of;
  afterEach(async () => {
    for (const client of clients.splice(0)) client.leave();
    await endServers();
  });

  onLinux(
    `${kind.rounds} times kill -9 in the middle of a handoff: nobody is in limbo, every descriptor is accounted for`,
    async () => {
      let server = await start(NO_CONTROL);
      const base = held(server);
      for (let round = 0; round < kind.rounds; round++) {
        if (round > 0 && round % ROUNDS_PER_SERVER === 0) {
          for (const client of clients.splice(0)) client.leave();
          await endServers();
          server = await start(NO_CONTROL);
        }
        const [name, which] = victims[round % victims.length]!;
        await fill(server, kind.clients);
        const { when, had, from } = await killInTheMiddle(server, which);
        const stuck = await limbo();
        const lost = kind.clients - open();
        expect({ name, when, stuck }).toEqual({ name, when, stuck: 0 });
        // Only what the killed ones had is lost: there was always somebody to take the rest.
        expect(lost).toBeLessThanOrEqual(had);
        expect(server.of('drained', from).filter(({ closed, forceClosed }) => closed || forceClosed)).toEqual(
          [],
        );
        await isFlat(server, base, open);
        process.stdout.write(
          `${name} killed, ${when}, ${had} held by the killed: ${lost} lost, ${open()} served\n`,
        );
      }
    },
    TEST_MS + kind.rounds * 30_000,
  );

  onLinux.each([
    ['a drain', async (server: TestServer, _held: number) => void (await reloading(server))],
    ['a balancing', balance],
  ])(
    'the master dies in the middle of %s: every client is answered or closed, no worker is left',
    async (_, begin) => {
      const server = await start(['--idle-linger', '100ms']);
      const [first] = server.readyPids;
      const fresh = sockets(first as number);
      await fill(server, kind.clients);
      await begin(server, fresh);
      const pids = server.of('spawned').map(({ pid }) => pid as number);
      server.signal('SIGKILL');
      try {
        expect(await limbo()).toBe(0);
        const left = () => pids.reduce((sum, pid) => sum + sockets(pid), 0);
        await eventually('sockets of workers', left, (count) => count === 0);
      } finally {
        // A worker that outlives its master would keep the test waiting for the end of its output.
        kill(pids);
      }
      await server.exited;
      await eventually('clients without a server', open, (count) => count === 0);
    },
  );

  onLinux.each(cases(ENDS, ([, signal]) => signal === 'SIGCONT'))(
    'a receiver that hangs %s: another worker takes what it let lie, and nobody is served by two',
    async (_, end) => {
      const server = await start(NO_CONTROL);
      await fill(server, kind.clients);
      const { receiver, sender, from } = await reloading(server);
      process.kill(receiver, 'SIGSTOP');
      await server.until('the end of the sender', () =>
        server.of('exited', from).some(({ pid }) => pid === sender),
      );
      process.kill(receiver, end);
      await settled(server, from);
      expect(await limbo()).toBe(0);
      const [drained] = server.of('drained', from);
      expect(drained).toMatchObject({ closed: 0, forceClosed: 0 });
      if (end === 'SIGCONT') expect(open()).toBe(kind.clients);
      process.stdout.write(`${drained?.msg}; ${open()} served\n`);
    },
  );

  onLinux.each([
    ['a receiver', 'workers', 60],
    ['a master', 'master', 0],
  ])('%s without a free descriptor: what cannot move is served or closed', async (_, whom, free) => {
    const args = ['--idle-linger', '500ms', '--grace', '25s'];
    const server = await start(args);
    await fill(server, Math.min(300, kind.clients));
    const from = server.lines.length;
    const pids = whom === 'master' ? [server.pid] : server.readyPids;
    for (const pid of pids) limit(pid, descriptors(pid) + (free as number));
    await scaleDown(server, from);
    expect(await limbo()).toBe(0);
    const drained = await server.event('drained', { from });
    // Not by the deadline: what stays is closed in order.
    expect(drained).toMatchObject({ forceClosed: 0 });
    process.stdout.write(`${whom} at the limit: ${JSON.stringify(drained)}, ${open()} served\n`);
    for (const pid of [server.pid, ...server.readyPids]) limit(pid, 10_000);
    expect(await limbo()).toBe(0);
    expect(clients.filter((client) => client.open && !server.readyPids.includes(client.lastPid))).toEqual([]);
  });
}
