/** The patterns of docs/instances.md: what two workers of one slot must not do at the same time. */
import net from 'node:net';
import path from 'node:path';
import { DEADLINE_MS } from '../support/deadline.ts';
import { directory, ownDirectory } from '../support/directory.ts';
import { freePort } from '../support/free-ports.ts';
import { ask } from '../support/load.ts';
import { brief as test, thorough } from '../support/long.ts';
import { fixture, startServer } from '../support/server.ts';

ownDirectory();

test('each worker has its slot in the environment, and the replacement has the same', async () => {
  const server = await startServer(fixture('tells-all-environment.mjs'), { workers: 2 });
  const slots = async () => {
    const found = new Set<string>();
    for (const end = Date.now() + DEADLINE_MS; found.size < 2 && Date.now() < end; ) {
      const { body } = await ask({ port: server.port }, { path: '/', agent: false });
      const { TSHORN_SLOT, NODE_APP_INSTANCE } = JSON.parse(body);
      found.add(`${TSHORN_SLOT} ${NODE_APP_INSTANCE}`);
    }
    return [...found].sort();
  };
  expect(await slots()).toEqual(['0 0', '1 1']);
  await server.reload();
  expect(await slots()).toEqual(['0 0', '1 1']);
});

test('one-job: a job moves with the reload, and after a crash, and never runs in two workers', async () => {
  const env = { LOCK: path.join(directory, 'lock'), EVERY_MS: '10' };
  const server = await startServer('examples/instances/one-job.mjs', { workers: 2, env });
  const ranIn = (pid: number) =>
    server.until(`a job in ${pid}`, () => server.output.includes(`job in gen=`) && lastPid() === pid);
  const lastPid = () => Number(/pid=(\d+)\n$/.exec(server.output)?.[1]);
  const pidOfSlot = () => server.of('ready').findLast(({ worker }) => worker === 0)?.pid as number;
  const pids = [pidOfSlot()];
  await ranIn(pidOfSlot());
  expect(await server.reload()).toMatchObject({ outcome: 'committed' });
  pids.push(pidOfSlot());
  await ranIn(pidOfSlot());
  const from = server.lines.length;
  process.kill(pidOfSlot(), 'SIGKILL');
  await server.event('ready', { from });
  pids.push(pidOfSlot());
  await ranIn(pidOfSlot());
  // One after the other: nobody comes back after the next one has begun.
  const order = [...server.output.matchAll(/^job in gen=\d+ pid=(\d+)$/gm)].map(([, pid]) => Number(pid));
  expect(order.filter((pid, at) => pid !== order[at - 1])).toEqual(pids);
});

thorough('metrics-port: after the reload only the new worker answers on the port of its slot', async () => {
  const first = await freePort();
  const env = { METRICS_PORT: String(first) };
  const server = await startServer('examples/instances/metrics-port.mjs', { env });
  const generation = async () => {
    const { body } = await ask({ port: first }, { path: '/', agent: false });
    return /generation="(\d+)"/.exec(body)?.[1];
  };
  expect(await generation()).toBe('1');
  expect(await server.reload()).toMatchObject({ outcome: 'committed' });
  for (let n = 0; n < 20; n++) expect(await generation()).toBe('2');
});

thorough('database: a reload needs the connections of one worker more', async () => {
  const most = 4;
  const open = new Set<net.Socket>();
  const database = net.createServer((socket) => {
    if (open.size === most) return socket.end('too many connections\n');
    open.add(socket);
    // 'close' comes after the events of other sockets that were read in the same turn.
    for (const end of ['end', 'error', 'close']) socket.on(end, () => open.delete(socket));
    socket.on('data', () => socket.write('noon\n')).write('welcome\n');
  });
  await new Promise<void>((resolve) => database.listen(0, resolve));
  const { port } = database.address() as net.AddressInfo;
  try {
    const env = { DATABASE_PORT: String(port) };
    const server = await startServer('examples/instances/database.mjs', { workers: most - 1, env });
    for (let reload = 0; reload < 2; reload++) {
      expect(await server.reload()).toMatchObject({ outcome: 'committed' });
      expect((await ask({ port: server.port }, { path: '/', agent: false })).body).toBe('noon\n');
    }
    expect(await server.stop()).toBe(0);
  } finally {
    database.close();
  }
});
