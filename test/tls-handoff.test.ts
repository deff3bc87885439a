/**
 * TLS 1.3 connections move to other workers, and their clients notice nothing. RELOADS and CLIENTS make it longer; the
 * records of half of the clients are cut anywhere (SEED repeats where).
 */
import fs from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type CuttingRelay, cuttingRelay } from './support/cutting-relay.ts';
import { TEST_MS } from './support/deadline.ts';
import { KeepAliveClient } from './support/keep-alive-client.ts';
import { times } from './support/long.ts';
import { Random } from './support/random.ts';
import { endServers, fixture, startServer, type TestServer } from './support/server.ts';
import { TLS_ARGS, tlsTargets } from './support/tls-target.ts';

const CLIENTS = times('CLIENTS', 40, 80);
const RELOADS = times('RELOADS', 3, 5);
const SEED = Number(process.env.SEED ?? Date.now() % 1_000_000);

const directory = fs.mkdtempSync(path.join(tmpdir(), 'tshorn-tls-'));
const BREAK = path.join(directory, 'break');
const clients: KeepAliveClient[] = [];
const relays: CuttingRelay[] = [];
afterEach(async () => {
  for (const client of clients.splice(0)) client.leave();
  for (const relay of relays.splice(0)) relay.close();
  fs.rmSync(BREAK, { force: true });
  await endServers();
});
afterAll(() => fs.rmSync(directory, { recursive: true }));

const get = (target = '/') => `GET ${target} HTTP/1.1\r\nHost: x\r\n\r\n`;

/** So many clients, the second half behind the relay. */
async function connect(server: TestServer, count: number): Promise<void> {
  const relay = await cuttingRelay(server.port, new Random(SEED));
  relays.push(relay);
  const straight = await tlsTargets(server.port);
  const cut = await tlsTargets(relay.port);
  for (let at = 0; at < count; at++) {
    clients.push(await KeepAliveClient.connect((at < count / 2 ? straight : cut)(at)));
  }
}

/** A third of them asks again and again until stopped; the others are idle after their first answer, or say nothing. */
function live(): () => Promise<void> {
  let stopped = false;
  const asking = clients.map(async (client, at) => {
    if (at % 3 === 0) return;
    await client.ask([get()], /^\d+$/);
    while (at % 3 === 1 && !stopped && client.open) {
      await client.ask(
        ['POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n', '\r\nab', 'cd'],
        /^[0-9a-f]{64}$/,
      );
      await client.ask([get('/stream?ms=100')], /end\n$/);
      await sleep(Math.random() * 200);
    }
  });
  return async () => {
    stopped = true;
    await Promise.all(asking);
  };
}

const APPS = [
  ['an app behind --certfile', 'mixed.mjs', TLS_ARGS],
  ["an app's own https server", 'mixed-https.mjs', []],
] as const;

test.each(APPS)(
  `%s: ${RELOADS} reloads, one of them rolled back, close no connection (seed ${SEED})`,
  async (_, app, args) => {
    const server = await startServer(fixture(app), { workers: 2, args, env: { BREAK } });
    await connect(server, CLIENTS);
    const stop = live();
    for (let at = 0; at < RELOADS; at++) {
      const isBad = at === 1;
      if (isBad) fs.writeFileSync(BREAK, 'status-500@1');
      expect(await server.reload()).toMatchObject({ outcome: isBad ? 'rolled-back' : 'committed' });
      fs.rmSync(BREAK, { force: true });
    }
    await stop();
    await Promise.all(clients.map((client) => client.ask([get()], /^\d+$/)));
    expect(clients.flatMap(({ failures }) => failures)).toEqual([]);
    const pids = new Set(server.readyPids);
    expect(clients.filter(({ lastPid }) => !pids.has(lastPid))).toEqual([]);
    const drains = server.of('drained');
    expect(drains.filter(({ closed, forceClosed }) => closed || forceClosed)).toEqual([]);
    expect(drains.map(({ refused }) => refused)).toEqual(drains.map(() => ({})));
    const moved = drains.reduce((sum, drain) => sum + (drain.moved as number), 0);
    expect(moved).toBeGreaterThanOrEqual(CLIENTS * (RELOADS - 1));
    expect(server.output).toBe('');
  },
  TEST_MS + RELOADS * 15_000,
);
