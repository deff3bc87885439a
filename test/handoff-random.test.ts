/**
 * Clients that write whatever comes to their mind in pieces that fall anywhere, against a server that is
 * reloaded and resized all the time: no request may fail, no byte may be missing or wrong, no connection
 * may be closed. HANDOFF_SEED repeats a story (its bytes, not its timing), HANDOFF_SECONDS makes it longer.
 */

import { TEST_MS } from './support/deadline.ts';
import { disturb } from './support/disturb.ts';
import { KeepAliveClient } from './support/keep-alive-client.ts';
import { times } from './support/long.ts';
import { Random } from './support/random.ts';
import { live } from './support/random-requests.ts';
import { endServers, fixture, startServer } from './support/server.ts';

const SEED = Number(process.env.HANDOFF_SEED ?? Date.now() % 1_000_000);
const SECONDS = times('HANDOFF_SECONDS', 5, 40);
const CLIENTS = 60;
const MOST_WORKERS = 4;

const clients: KeepAliveClient[] = [];
afterEach(async () => {
  for (const client of clients.splice(0)) client.leave();
  await endServers();
});

test(
  `random requests in random pieces against random reloads: seed ${SEED}`,
  async () => {
    process.stdout.write(`HANDOFF_SEED=${SEED}\n`);
    const server = await startServer(fixture('echoes.mjs'), { workers: 2 });
    for (let at = 0; at < CLIENTS; at++) clients.push(await KeepAliveClient.connect({ port: server.port }));
    const until = performance.now() + SECONDS * 1_000;
    const [done] = await Promise.all([
      disturb(server, new Random(SEED), until, { mostWorkers: MOST_WORKERS }),
      ...clients.map((client, at) =>
        live(client, new Random(SEED + at + 1), `c${at}`, () => performance.now() >= until),
      ),
    ]);
    const answered = clients.reduce((sum, client) => sum + client.answered, 0);
    const drains = server.of('drained');
    const moved = drains.reduce((sum, drain) => sum + (drain.moved as number), 0);
    process.stdout.write(`${answered} answers, ${JSON.stringify(done)}, ${moved} moved by drains\n`);
    expect(clients.flatMap(({ failures }) => failures)).toEqual([]);
    expect(clients.filter(({ open, rest }) => !open || rest !== '')).toEqual([]);
    expect(drains.filter(({ closed, forceClosed }) => closed || forceClosed)).toEqual([]);
    expect(server.output).toBe('');
  },
  TEST_MS + SECONDS * 1_000,
);
