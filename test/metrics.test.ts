/** The counters of the master: they never fall, and they are those of the clients. */
import http from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { ask } from './support/load.ts';
import { isLong, thorough, times } from './support/long.ts';
import { scrape } from './support/scrape.ts';
import { endServers, fixture, startServer, type TestServer } from './support/server.ts';

/** Ends what a test that has failed has left. */
const running = new Set<{ end(): Promise<void> }>();
afterEach(async () => {
  await endServers();
  await Promise.allSettled([...running].map((one) => one.end()));
  running.clear();
});

type Values = Record<string, number>;

const isCounter = (name: string) => /(?:_total|_count|_sum|_bucket)(?:\{|$)/.test(name);
const countersOf = (values: Values) => Object.entries(values).filter(([name]) => isCounter(name));
const COUNT = 'http_server_request_duration_seconds_count';
/** Requests that have ended, with a response or without. */
const requestsIn = (values: Values, label = '') =>
  Object.entries(values)
    .filter(([name]) => name.startsWith(COUNT) && name.includes(label))
    .reduce((sum, [, value]) => sum + value, 0);

/** Looks again and again, and notes every counter that falls or goes. */
class Scraper {
  readonly fallen: string[] = [];
  looks = 0;
  slowestMs = 0;
  #last: Values = {};
  #stopped = false;
  readonly #running: Promise<void>;

  constructor(server: TestServer, everyMs: number) {
    this.#running = this.#run(server, everyMs);
    this.#running.catch(() => {});
    running.add(this);
  }

  async #run(server: TestServer, everyMs: number): Promise<void> {
    while (!this.#stopped) {
      const begun = performance.now();
      const values = await scrape(server);
      this.slowestMs = Math.max(this.slowestMs, performance.now() - begun);
      for (const [name, value] of countersOf(this.#last)) {
        if (!((values[name] ?? -1) >= value)) this.fallen.push(`${name} ${value} -> ${values[name]}`);
      }
      this.#last = values;
      this.looks++;
      await sleep(everyMs);
    }
  }

  async end(): Promise<void> {
    this.#stopped = true;
    await this.#running;
  }
}

/** Keep-alive clients that ask without a pause, and note who has answered, and when. */
class Clients {
  readonly answers: { readonly pid: string; readonly at: number }[] = [];
  /** Requests without an answer. */
  failed = 0;
  #stopped = false;
  readonly #clients: Promise<void>[];

  constructor(server: TestServer, count: number) {
    this.#clients = Array.from({ length: count }, () => this.#run(server));
    running.add(this);
  }

  async #run(server: TestServer): Promise<void> {
    const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
    while (!this.#stopped) {
      try {
        const { headers } = await ask({ port: server.port }, { path: '/', agent });
        this.answers.push({ pid: String(headers['x-pid']), at: performance.now() });
      } catch {
        this.failed++;
      }
      await sleep(5);
    }
    agent.destroy();
  }

  async end(): Promise<void> {
    this.#stopped = true;
    await Promise.all(this.#clients);
  }
}

/** A heartbeat comes every two seconds; a busy machine makes it later. */
const REPORTED_WITHIN_MS = 6_000;

const kills = times('KILLS', 0, 2);
const hangs = times('HANGS', 0, 1);

test('no counter ever falls, and the requests are those that the clients have counted', async () => {
  const workers = times('WORKERS', 2, 4);
  const args = ['--timeout', '4s', '--crash-grace', '5s'];
  const server = await startServer(fixture('ends-in-many-ways.mjs'), { workers, args });
  const scrapers = [new Scraper(server, 40), new Scraper(server, 170)];
  const clients = new Clients(server, 8);
  const killed: { readonly pid: string; readonly at: number }[] = [];
  const reloads = times('RELOADS', 1, 5);
  for (let round = 0; round < reloads; round++) {
    if (round < kills) {
      const pid = server.pidOf(round % workers);
      const from = server.lines.length;
      killed.push({ pid: String(pid), at: performance.now() });
      process.kill(pid, 'SIGKILL');
      await server.until('the replacement', () => server.of('ready', from).length > 0);
    }
    if (round < hangs) {
      const from = server.lines.length;
      const asked = ask({ port: server.port }, { path: '/spins', agent: false }).catch(() => undefined);
      await server.until('the end of the hang', () => server.of('contained', from).length > 0);
      await asked;
    }
    expect(await server.reload()).toMatchObject({ outcome: 'committed' });
  }
  await clients.end();
  const wanted = clients.answers.length;
  // What died with a worker that was killed: its answers since its last report.
  const lost = clients.answers.filter(({ pid, at }) =>
    killed.some((one) => one.pid === pid && at > one.at - REPORTED_WITHIN_MS),
  ).length;
  const last = await settled(server, wanted - lost);
  await Promise.all(scrapers.map((scraper) => scraper.end()));

  expect(scrapers.flatMap(({ fallen }) => fallen)).toEqual([]);
  expect(Math.min(...scrapers.map(({ looks }) => looks))).toBeGreaterThan(0);
  const answered = requestsIn(last, 'http_response_status_code="200"');
  expect(answered).toBeGreaterThanOrEqual(wanted - lost);
  // A response may be counted that a client did not get any more.
  expect(answered).toBeLessThanOrEqual(wanted + clients.failed);
  expect(last).toMatchObject({
    'tshorn_reloads_total{plan="rolling",outcome="committed"}': reloads,
    tshorn_generation: 1 + reloads,
    'tshorn_workers{state="ready"}': workers,
    'tshorn_worker_exits_total{reason="crash"}': kills,
    'tshorn_worker_exits_total{reason="hang"}': hangs,
  });
  expect(last['tshorn_worker_exits_total{reason="left"}']).toBeGreaterThanOrEqual(workers * reloads - hangs);
  const requests = (values: Values) => countersOf(values).filter(([name]) => name.startsWith('http_'));
  expect(requests(await scrape(server))).toEqual(requests(await scrape(server)));
  if (isLong) {
    const slowest = Math.max(...scrapers.map(({ slowestMs }) => slowestMs));
    const looks = scrapers.reduce((sum, scraper) => sum + scraper.looks, 0);
    process.stdout.write(
      `${wanted} answers, ${answered} counted, at most ${lost} lost with ${killed.length} workers; ${looks} scrapes, the slowest ${slowest.toFixed(1)} ms\n`,
    );
  }
}, 180_000);

/** Scrapes until so many answers have been counted, and the old workers are gone. */
async function settled(server: TestServer, least: number): Promise<Values> {
  for (;;) {
    const values = await scrape(server);
    const counted = requestsIn(values, 'http_response_status_code="200"');
    if (counted >= least && values['tshorn_workers{state="draining"}'] === 0) {
      // A worker tells within two seconds what it has counted.
      const again = await sleep(isLong ? 3_000 : 0).then(() => scrape(server));
      return again;
    }
    await sleep(50);
  }
}

test('a worker that ends at once, by its own hand or a crash, takes no count with it', async () => {
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
    expect(requestsIn(values, 'http_response_status_code="200"')).toBe(expected);
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
  const has = async (least: number, name: string) => {
    for (;;) {
      const values = await scrape(server);
      if ((values[name] ?? 0) >= least) return values;
      await sleep(50);
    }
  };
  for (let at = 0; at < 20; at++) await ask({ port: server.port }, { path: '/', agent: false });
  const age = 'tshorn_worker_last_report_age_seconds{worker="0"}';
  await settled(server, 20);
  await has(0.1, 'process_cpu_time_seconds_total{worker="0",cpu_mode="user"}');
  process.kill(server.pidOf(0), 'SIGSTOP');
  const before = await scrape(server);
  const after = await has(STALE_S, age);
  process.kill(server.pidOf(0), 'SIGCONT');
  const ofSlot = (values: Values) =>
    Object.entries(values).filter(([name]) => name.includes('worker="0"') && name !== age);
  expect(ofSlot(before).length).toBeGreaterThan(20);
  // A report that was under way when it was stopped may have come since.
  expect(ofSlot(after).map(([name]) => name)).toEqual(
    expect.arrayContaining(ofSlot(before).map(([name]) => name)),
  );
  for (const [name, value] of countersOf(before)) expect([name, after[name]! >= value]).toEqual([name, true]);
  // It goes on where it was.
  const again = await scrape(server);
  for (const [name, value] of countersOf(after)) expect([name, again[name]! >= value]).toEqual([name, true]);
});

thorough('without --metrics there are the figures of the server, and none of requests', async () => {
  const server = await startServer(fixture('ends-in-many-ways.mjs'), { args: ['--no-metrics'] });
  await ask({ port: server.port }, { path: '/', agent: false });
  expect(await server.reload()).toMatchObject({ outcome: 'committed' });
  const values = await scrape(server);
  expect(requestsIn(values)).toBe(0);
  expect(values['tshorn_workers{state="ready"}']).toBe(1);
});
