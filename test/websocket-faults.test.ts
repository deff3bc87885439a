/**
 * Workers that die in the middle of moving WebSockets. Afterwards each client is served, with its state, or
 * has been closed; nobody holds a descriptor of one that is gone. WS_FAULT_ROUNDS=30: more rounds.
 */

import { setTimeout as sleep } from 'node:timers/promises';
import { TEST_MS } from './support/deadline.ts';
import { onLinux, sockets } from './support/descriptors.ts';
import { eventually } from './support/eventually.ts';
import { held, isFlat, kill, reloading, settled, victims } from './support/killed-in-handoff.ts';
import { isLong, times } from './support/long.ts';
import { endServers, fixture, startServer, type TestServer } from './support/server.ts';
import { WebSocketClient } from './support/websocket-client.ts';

const ROUNDS = times('WS_FAULT_ROUNDS', 3, 4);
const CLIENTS = times('WS_CLIENTS', 100, 200);
/** After some more crashes in a row the master waits longer and longer before it starts a worker. */
const ROUNDS_PER_SERVER = 6;
const GRACE_S = 10;
/** A client that has neither an answer nor an end by then is in limbo. */
const LIMBO_MS = (GRACE_S + 10) * 1_000;

let clients: WebSocketClient[] = [];
afterEach(async () => {
  for (const client of clients.splice(0)) client.leave();
  await endServers();
});

/** The control socket is opened a moment after the start, and would be one more than at the base line. */
const start = (grace = `${GRACE_S}s`) =>
  startServer(fixture('survives-websockets.mjs'), {
    workers: 2,
    args: ['--no-control', '--grace', grace],
  });

/** Some of them are pushed to all the time, so that there is something to hold while they move. */
async function fill(server: TestServer): Promise<void> {
  clients = clients.filter(({ end }) => !end);
  while (clients.length < CLIENTS) {
    const path = `/?push=${clients.length % 10 === 0 ? 10 : 0}`;
    clients.push(await WebSocketClient.connect(server.port, { path }));
  }
}

const open = () => clients.filter(({ end }) => !end).length;

/** Every client says something. Those that are neither answered nor ended in time are in limbo. */
async function limbo(): Promise<number> {
  const settled = new Set<WebSocketClient>();
  const all = clients.map((client) => client.send(['hello']).answer.then(() => settled.add(client)));
  await Promise.race([Promise.all(all), sleep(LIMBO_MS, undefined, { ref: false })]);
  return clients.filter((client) => !settled.has(client)).length;
}

/** Faults that a client saw: its own end is none. */
const wrong = () =>
  clients.flatMap(({ failures }) => failures.filter((why) => !/^(closed|error): /.test(why)));

onLinux(
  `${ROUNDS} times kill -9 while ${CLIENTS} WebSockets move: each is served or closed, none hangs`,
  async () => {
    let server = await start();
    let base = held(server);
    for (let round = 0; round < ROUNDS; round++) {
      if (round > 0 && round % ROUNDS_PER_SERVER === 0) {
        for (const client of clients.splice(0)) client.leave();
        await endServers();
        server = await start();
        base = held(server);
      }
      const [name, which] = victims[round % victims.length]!;
      await fill(server);
      expect(await limbo()).toBe(0);
      const count = Math.random() < 0.5 ? 1 : 2;
      const { sender, receiver, all, from } = await reloading(server, count);
      const had = kill(which(sender, receiver));
      const begin = performance.now();
      const stuck = await limbo();
      const seconds = ((performance.now() - begin) / 1_000).toFixed(1);
      await settled(server, from);
      expect({ name, round, stuck: stuck + (await limbo()), wrong: wrong() }).toEqual({
        name,
        round,
        stuck: 0,
        wrong: [],
      });
      await isFlat(server, base, open);
      const codes: Record<number, number> = {};
      for (const { end } of clients) if (end) codes[end.code] = (codes[end.code] ?? 0) + 1;
      // Only what the killed ones had, and the few that were on their way, is lost.
      const lost = CLIENTS - open();
      expect(lost).toBeLessThanOrEqual(had + 40);
      process.stdout.write(
        `${name} killed, handoff ${count} of ${all} sockets, ${had} held by the killed: ${open()} served, lost ${JSON.stringify(codes)}, all sure after ${seconds} s\n`,
      );
    }
    // Those that are open have the state that they should have.
    for (const client of clients.filter(({ end }) => !end)) expect(client.last?.count).toBe(client.answered);
  },
  TEST_MS + ROUNDS * 60_000,
);

onLinux(
  'the master dies while WebSockets move: each client is served or closed, and no worker is left',
  async () => {
    const server = await start();
    await fill(server);
    await reloading(server, 1);
    const pids = server.of('spawned').map(({ pid }) => pid as number);
    server.signal('SIGKILL');
    try {
      expect(await limbo()).toBe(0);
      const left = () => pids.reduce((sum, pid) => sum + sockets(pid), 0);
      await eventually('sockets of workers', left, (count) => count === 0);
      expect(wrong()).toEqual([]);
    } finally {
      // A worker that outlives its master would keep the test waiting for the end of its output.
      kill(pids);
    }
    await server.exited;
    await eventually('clients without a server', open, (count) => count === 0);
  },
);

const hangs: ['the receiver' | 'the sender', NodeJS.Signals][] = [
  ['the receiver', 'SIGCONT'],
  ['the receiver', 'SIGKILL'],
  ['the sender', 'SIGCONT'],
];

onLinux.each(hangs.slice(0, isLong ? hangs.length : 1))(
  '%s hangs while WebSockets move, until %s: each client is served or closed, nobody by two',
  async (who, end) => {
    // The end of a short one would be over when the sender wakes up.
    const server = await start('30s');
    await fill(server);
    const { receiver, sender, from } = await reloading(server, 1);
    const pid = who === 'the receiver' ? receiver : sender;
    try {
      process.kill(pid, 'SIGSTOP');
    } catch {
      return process.stdout.write('the sender had given everything away already\n');
    }
    await sleep(isLong ? 5_000 : 2_000);
    process.kill(pid, end);
    await settled(server, from);
    expect(await limbo()).toBe(0);
    expect(wrong()).toEqual([]);
    process.stdout.write(`${who} hung: ${server.of('drained', from)[0]?.msg}; ${open()} served\n`);
    // Nobody has died.
    if (end === 'SIGCONT') expect(clients.flatMap(({ end = [] }) => end)).toEqual([]);
  },
);
