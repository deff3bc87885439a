/** The counters of the master: they never fall, and they are those of the clients. Under a harder load: counters-never-fall.test.ts. */
import { setTimeout as sleep } from 'node:timers/promises';
import { socketOf } from './support/control.ts';
import { CountingClients } from './support/counting-clients.ts';
import { ask } from './support/load.ts';
import { brief, thorough } from './support/long.ts';
import { scrape, type Values } from './support/scrape.ts';
import { Scrapers } from './support/scrapers.ts';
import { endServers, fixture, startServer, type TestServer } from './support/server.ts';

/** Ends what a test that has failed has left. */
let end: (() => Promise<unknown>) | undefined;
afterEach(async () => {
  await end?.();
  end = undefined;
  await endServers();
});

const COUNT = 'http_server_request_duration_seconds_count';
/** Requests that have ended, with a response or without. */
const requestsIn = (values: Values, label = '') =>
  Object.entries(values)
    .filter(([name]) => name.startsWith(COUNT) && name.includes(label))
    .reduce((sum, [, value]) => sum + value, 0);
const answersIn = (values: Values) => requestsIn(values, 'http_response_status_code="200"');

/** Scrapes until so many answers have been counted, and the old workers are gone. A worker tells every two seconds. */
async function settled(server: TestServer, least: number): Promise<Values> {
  for (;;) {
    const values = await scrape(server);
    if (answersIn(values) >= least && values['tshorn_workers{state="draining"}'] === 0) return values;
    await sleep(50);
  }
}

brief('no counter ever falls, and the requests are those that the clients have counted', async () => {
  const workers = 2;
  const server = await startServer(fixture('ends-in-many-ways.mjs'), { workers });
  const from = { socketPath: await socketOf(server) };
  const scrapers = new Scrapers().every(40, from).every(170, from);
  const clients = new CountingClients({ port: server.port }, 8, () => '/');
  end = () => Promise.all([clients.stop(), scrapers.stop()]);
  await clients.flow(100);
  expect(await server.reload()).toMatchObject({ outcome: 'committed' });
  await clients.flow(100);
  await clients.stop();
  const last = await settled(server, clients.answers);
  await scrapers.stop();

  expect(scrapers.fallen).toEqual([]);
  expect(clients.failures).toEqual([]);
  expect(answersIn(last)).toBe(clients.answers);
  expect(last).toMatchObject({
    'tshorn_reloads_total{plan="rolling",outcome="committed"}': 1,
    tshorn_generation: 2,
    'tshorn_workers{state="ready"}': workers,
    'tshorn_worker_exits_total{reason="crash"}': 0,
    'tshorn_worker_exits_total{reason="hang"}': 0,
    'tshorn_worker_exits_total{reason="left"}': workers,
  });
  expect(requestsIn(await scrape(server))).toBe(clients.answers);
});

brief('a worker that ends at once, by its own hand or a crash, takes no count with it', async () => {
  const args = ['--crash-grace', '0'];
  const server = await startServer(fixture('ends-in-many-ways.mjs'), { workers: 1, args });
  let expected = 0;
  for (const path of ['/exits', '/throws']) {
    const from = server.lines.length;
    for (let at = 0; at < 5; at++) {
      await ask({ port: server.port }, { path: '/', agent: false });
      expected++;
    }
    await expect(ask({ port: server.port }, { path, agent: false })).rejects.toThrow();
    await server.until('the replacement', () => server.of('ready', from).length > 0);
    const values = await scrape(server);
    expect(answersIn(values)).toBe(expected);
  }
  // Those that ended the worker had no response.
  const values = await scrape(server);
  expect(requestsIn(values, 'error_type="connection_closed"')).toBe(2);
  expect(values['tshorn_worker_exits_total{reason="crash"}']).toBe(2);
});

/** Longer than from one report to the next. */
const STALE_S = 3;

thorough('a worker that hangs is stale, and not missing, and no scrape waits for it', async () => {
  const server = await startServer(fixture('ends-in-many-ways.mjs'), { workers: 2 });
  const from = { socketPath: await socketOf(server) };
  const scrapers = new Scrapers();
  const has = async (least: number, name: string) => {
    for (;;) {
      const values = await scrapers.once(from);
      if ((values[name] ?? 0) >= least) return values;
      await sleep(50);
    }
  };
  for (let at = 0; at < 20; at++) await ask({ port: server.port }, { path: '/', agent: false });
  const age = 'tshorn_worker_last_report_age_seconds{worker="0"}';
  await settled(server, 20);
  // Any time shows that it has reported: a fast machine boots in little.
  await has(0.001, 'process_cpu_time_seconds_total{worker="0",cpu_mode="user"}');
  process.kill(server.pidOf(0), 'SIGSTOP');
  const before = await scrapers.once(from);
  const after = await has(STALE_S, age);
  process.kill(server.pidOf(0), 'SIGCONT');
  const ofSlot = (values: Values) =>
    Object.keys(values).filter((name) => name.includes('worker="0"') && name !== age);
  expect(ofSlot(before).length).toBeGreaterThan(20);
  // A report that was under way when it was stopped may have come since.
  expect(ofSlot(after)).toEqual(expect.arrayContaining(ofSlot(before)));
  // The counts continue where they were.
  await scrapers.once(from);
  expect(scrapers.fallen).toEqual([]);
});

thorough(
  'a worker that is killed from outside: what it had in flight is told in the log and counted',
  async () => {
    const server = await startServer(fixture('ends-in-many-ways.mjs'), { workers: 1 });
    const waits = Array.from({ length: 3 }, () =>
      ask({ port: server.port }, { path: '/waits', agent: false }).then(
        () => 'answered',
        () => 'lost',
      ),
    );
    while ((await scrape(server))['http_server_active_requests{worker="0"}'] !== 3) await sleep(50);
    process.kill(server.pidOf(0), 'SIGKILL');
    expect(await Promise.all(waits)).toEqual(['lost', 'lost', 'lost']);
    expect(await server.event('crashed')).toMatchObject({
      inFlight: 3,
      msg: expect.stringMatching(/; 3 requests in flight at its last report$/),
    });
    expect((await scrape(server))['tshorn_failure_requests_total{result="unknown"}']).toBe(3);
  },
);

thorough('without --metrics there are the figures of the server, and none of requests', async () => {
  const server = await startServer(fixture('ends-in-many-ways.mjs'), { args: ['--no-metrics'] });
  await ask({ port: server.port }, { path: '/', agent: false });
  expect(await server.reload()).toMatchObject({ outcome: 'committed' });
  const values = await scrape(server);
  expect(requestsIn(values)).toBe(0);
  expect(values['tshorn_workers{state="ready"}']).toBe(1);
});
