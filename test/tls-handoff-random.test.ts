/**
 * TLS clients that write whatever comes to their mind, in records and pieces of records that are cut anywhere, against a
 * server that is reloaded and resized until so many connections have moved: no request may fail, no byte may be missing
 * or wrong, no connection may be closed. MOVES=100000 CLIENTS=1000 REST_MS=60000 MOST_SECONDS=1800 DEADLINE_MS=120000 makes it long,
 * HANDOFF_SEED repeats a story (its bytes, not its timing).
 */

import { type CuttingRelay, cuttingRelay } from './support/cutting-relay.ts';
import { TEST_MS } from './support/deadline.ts';
import { disturb } from './support/disturb.ts';
import { KeepAliveClient } from './support/keep-alive-client.ts';
import { times } from './support/long.ts';
import { Random } from './support/random.ts';
import { live } from './support/random-requests.ts';
import { endServers, fixture, startServer, type TestServer } from './support/server.ts';
import { TLS_ARGS, tlsTargets } from './support/tls-target.ts';

const SEED = Number(process.env.HANDOFF_SEED ?? Date.now() % 1_000_000);
const MOVES = times('MOVES', 60, 600);
const CLIENTS = times('CLIENTS', 30, 100);
/** A machine may be slow, and a story must end. */
const MOST_SECONDS = times('MOST_SECONDS', 60, 40);
const MOST_WORKERS = times('MOST_WORKERS', 3, 4);
/** A thousand connections whose clients ask all the time leave a busy machine one by one. */
const GRACE = ['--grace', '100s', '--keep-alive-timeout', '600s'];
/** Milliseconds between two requests of a client, at most: many clients ask as much as a hundred. */
const restMs = times('REST_MS', Math.max(1_500, CLIENTS * 15), Math.max(1_500, CLIENTS * 15));
/**
 * While much waits behind the first of several answers, Node pauses its parser, and then reads the records that OpenSSL has
 * already: `Parse Error: Paused`, under bare Node as well.
 */
const HABITS = { restMs, mostPipelinedPad: 2_000 };

const clients: KeepAliveClient[] = [];
const relays: CuttingRelay[] = [];
afterEach(async () => {
  for (const client of clients.splice(0)) client.leave();
  for (const relay of relays.splice(0)) relay.close();
  await endServers();
});

const movedBy = (server: TestServer): number =>
  server.of('drained').reduce((sum, { moved }) => sum + (moved as number), 0);

async function connect(server: TestServer): Promise<void> {
  const relay = await cuttingRelay(server.port, new Random(SEED));
  relays.push(relay);
  const targets = await tlsTargets(relay.port);
  for (let at = 0; at < CLIENTS; at++) clients.push(await KeepAliveClient.connect(targets(at)));
}

test(
  `random requests in random pieces of records against random reloads: seed ${SEED}`,
  async () => {
    process.stdout.write(`HANDOFF_SEED=${SEED}\n`);
    const server = await startServer(fixture('echoes.mjs'), { workers: 2, args: [...TLS_ARGS, ...GRACE] });
    await connect(server);
    const end = performance.now() + MOST_SECONDS * 1_000;
    const isOver = () =>
      performance.now() > end || movedBy(server) >= MOVES || clients.some(({ open }) => !open);
    const lives = clients.map((client, at) =>
      live(client, new Random(SEED + at + 1), `c${at}`, isOver, HABITS),
    );
    const random = new Random(SEED);
    const done = { reloads: 0, ups: 0, downs: 0 };
    while (!isOver())
      await disturb(server, random, performance.now() + 1_000, { mostWorkers: MOST_WORKERS }, done);
    await Promise.all(lives);
    const answered = clients.reduce((sum, client) => sum + client.answered, 0);
    const drains = server.of('drained');
    process.stdout.write(
      `${answered} answers, ${JSON.stringify(done)}, ${movedBy(server)} moved by drains\n`,
    );
    expect(clients.flatMap(({ failures }) => failures)).toEqual([]);
    expect(clients.filter(({ open, rest }) => !open || rest !== '')).toEqual([]);
    expect(drains.filter(({ closed, forceClosed }) => closed || forceClosed)).toEqual([]);
    expect(drains.filter(({ refused }) => Object.keys(refused as object).length > 0)).toEqual([]);
    expect(movedBy(server)).toBeGreaterThan(0);
    expect(server.output).toBe('');
  },
  TEST_MS + MOST_SECONDS * 1_000,
);
