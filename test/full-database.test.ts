/** A database that has room for one worker more than usual: parked workers keep their connections to it. */
import { once } from 'node:events';
import net from 'node:net';
import { brief, cases, thorough } from './support/long.ts';
import { endServers, fixture, startServer } from './support/server.ts';

const WORKERS = 3;
const ROOM = WORKERS + 1;
const REFUSAL = 'error: sorry, too many clients already';

let database: net.Server;
let most: number;

beforeEach(async () => {
  const clients = new Set<net.Socket>();
  most = 0;
  database = net.createServer((client) => {
    client.on('error', () => {});
    if (clients.size >= ROOM) return void client.end(REFUSAL);
    clients.add(client);
    most = Math.max(most, clients.size);
    // 'close' comes after the events of other sockets that were read in the same turn.
    for (const end of ['end', 'error', 'close']) client.once(end, () => clients.delete(client));
    client.write('welcome');
    client.resume();
  });
  database.listen(0, '127.0.0.1');
  await once(database, 'listening');
});

afterEach(async () => {
  await endServers();
  database.close();
});

const start = (fails: string, ...args: string[]) => {
  const { port } = database.address() as net.AddressInfo;
  const env = { DATABASE_PORT: String(port), FAILS: fails };
  return startServer(fixture('needs-a-database.mjs'), { workers: WORKERS, args, env });
};

test.each(cases(['by-throwing', 'by-exiting', 'by-answering'], (how) => how === 'by-throwing'))(
  'a new worker that it refuses, and that fails %s: the verdict names --no-park',
  async (fails) => {
    const server = await start(fails, '--probe-attempts', '2');
    const verdict = await server.reload();
    expect(verdict).toMatchObject({ outcome: 'rolled-back' });
    expect(verdict.reason).toContain('sorry, too many clients already');
    expect(verdict.reason).toContain('old workers keep their connections until the commit: set --no-park');
    expect(server.readyPids).toHaveLength(WORKERS);
  },
);

thorough('without parking one more than usual is enough', async () => {
  const server = await start('by-throwing', '--no-park');
  expect(await server.reload()).toMatchObject({ outcome: 'committed' });
  expect(most).toBe(ROOM);
});

brief('replace without parking needs no more than usual', async () => {
  const server = await start('by-throwing', '--no-park', '--reload-plan', 'replace');
  expect(await server.reload()).toMatchObject({ outcome: 'committed' });
  expect(most).toBe(WORKERS);
});
