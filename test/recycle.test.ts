/** Recycling under load: nobody notices. RECYCLES: how many recycles the leaking app is watched for. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { KeepAliveClient } from './support/keep-alive-client.ts';
import { MixedLoad } from './support/load.ts';
import { brief, isLong, thorough, times } from './support/long.ts';
import { endServers, fixture, startServer, type TestServer } from './support/server.ts';

const RECYCLES = times('RECYCLES', 2, 3);

const clients: KeepAliveClient[] = [];
let idle: NodeJS.Timeout | undefined;
afterEach(async () => {
  clearInterval(idle);
  for (const client of clients.splice(0)) client.leave();
  await endServers();
});

/** The order of `recycling` and of the end of that: never a second one in between. */
function expectOneAtATime(server: TestServer): void {
  let under: unknown;
  for (const { event, pid } of server.lines) {
    if (event === 'recycling') {
      expect(under).toBeUndefined();
      under = pid;
    }
    if (event === 'exited' && pid === under) under = undefined;
  }
}

test('a leaking app under load is recycled by memory, and no client notices', async () => {
  const server = await startServer(fixture('leaks.mjs'), {
    workers: 3,
    env: { LEAK_KB: '2000' },
    args: ['--max-memory', '160MB'],
  });
  const from = server.lines.length;
  for (let at = 0; at < 20; at++) clients.push(await KeepAliveClient.connect(server));
  const load = new MixedLoad({ port: server.port }).start();
  idle = setInterval(() => {
    for (const client of clients) void client.ask(['GET / HTTP/1.1\r\nHost: x\r\n\r\n'], /^\d+$/);
  }, 2_000);
  await server.until(
    `${RECYCLES} recycles`,
    () =>
      server.of('recycling', from).filter(({ pid }) => server.of('exited').some((line) => line.pid === pid))
        .length >= RECYCLES,
    110_000,
  );
  clearInterval(idle);
  await load.flow(50);
  await load.stop();
  await Promise.all(clients.map((client) => client.ask(['GET / HTTP/1.1\r\nHost: x\r\n\r\n'], /^\d+$/)));
  expect(load.failures).toEqual([]);
  expect(clients.flatMap(({ failures }) => failures)).toEqual([]);
  expect(server.of('recycling')[0]?.msg).toMatch(
    /recycling worker=\d gen=1 pid=\d+ by --max-memory \(160 MB; it holds \d+ MB\)/,
  );
  expect(server.leastReady(from)).toBeGreaterThanOrEqual(3);
  expect(server.of('crashed')).toEqual([]);
  expectOneAtATime(server);
});

thorough(
  'a limit of requests is spread by its jitter, and each worker is recycled when it has reached its own',
  async () => {
    const server = await startServer(fixture('mixed.mjs'), {
      workers: 2,
      args: ['--max-requests', '50', '--max-requests-jitter', '200'],
    });
    const load = new MixedLoad({ port: server.port }).start({ slow: 0, uploads: 0 });
    await server.event('recycling', { count: 3 });
    await load.stop();
    expect(load.failures).toEqual([]);
    const reached = server
      .of('recycling')
      .map(({ msg }) => Number(/--max-requests 50 \(reached (\d+)\)/.exec(msg)?.[1]));
    for (const count of reached) expect(count).toBeGreaterThanOrEqual(50);
    expect(new Set(reached).size).toBeGreaterThan(1);
    expect(server.leastReady(server.lines.findIndex(({ event }) => event === 'started'))).toBe(2);
    expectOneAtATime(server);
  },
);

thorough('workers are recycled when they are old enough, one after another', async () => {
  const server = await startServer(fixture('mixed.mjs'), {
    workers: 2,
    args: ['--max-age', '1s', '--max-age-jitter', '0'],
  });
  const first = server.readyPids;
  await server.until('both first workers are gone', () =>
    first.every((pid) => server.of('exited').some((line) => line.pid === pid)),
  );
  expect(server.of('recycling')[0]?.msg).toMatch(/by --max-age \(it is \d+ s old\)/);
  expect(server.leastReady(server.lines.findIndex(({ event }) => event === 'started'))).toBe(2);
  expectOneAtATime(server);
});

thorough('without a limit nobody is recycled, and a reload brings limits', async () => {
  const directory = mkdtempSync(path.join(tmpdir(), 'tshorn-'));
  const config = path.join(directory, 'tshorn.config.json');
  writeFileSync(config, '{}');
  const server = await startServer(fixture('mixed.mjs'), { args: ['--config', config] });
  writeFileSync(config, '{ "maxAge": "1s" }');
  expect(server.of('recycling')).toEqual([]);
  expect(await server.reload()).toMatchObject({ outcome: 'committed' });
  expect(await server.event('recycling')).toMatchObject({ gen: 2 });
  rmSync(directory, { recursive: true });
});

test('a worker stays in service when its replacement is broken; it is tried again after a pause', async () => {
  const directory = mkdtempSync(path.join(tmpdir(), 'tshorn-'));
  const crash = path.join(directory, 'crash');
  const server = await startServer(fixture('crashes-while-told.mjs'), {
    env: { CRASH: crash },
    args: ['--max-age', '5s', '--max-age-jitter', '0'],
  });
  const before = server.readyPids;
  writeFileSync(crash, '');
  expect((await server.event('operation-failed')).msg).toMatch(/recycle by --max-age .*exit code 7/);
  expect((await server.event('recycle-put-off')).msg).toMatch(/stays in service.*next attempt in 10 s/);
  expect(server.readyPids).toEqual(before);
  expect(await (await fetch(server.origin)).text()).toBe('hello');
  rmSync(crash);
  if (isLong) {
    await server.until('it is recycled', () => server.of('exited').some(({ pid }) => pid === before[0]));
  }
  expect(server.leastReady(server.lines.findIndex(({ event }) => event === 'started'))).toBe(1);
  rmSync(directory, { recursive: true });
});

brief(
  'a memory limit that every fresh worker exceeds is warned of, and does not recycle all the time',
  async () => {
    const server = await startServer(fixture('mixed.mjs'), { args: ['--max-memory', '20MB'] });
    const warning = await server.event('max-memory-too-low');
    expect(warning.msg).toMatch(
      /more than --max-memory \(20 MB\): it will not be recycled before it is 15 s old/,
    );
    expect(server.of('recycling')).toEqual([]);
  },
);
