/** The metrics that an app keeps by itself, with prom-client: merged over the workers, in the scrape of the master. */
import { ask } from './support/load.ts';
import { scrape } from './support/scrape.ts';
import { endServers, fixture, startServer, type TestServer } from './support/server.ts';

afterEach(endServers);

const SERVED = 'served_total{kind="counted"}';

/** Scrapes until all has been reported: so many requests, by so many workers. Fails when the count has fallen. */
async function until(server: TestServer, count: number, workers: number): Promise<Record<string, number>> {
  let last = 0;
  for (;;) {
    const values = await scrape(server);
    const now = values[SERVED] ?? 0;
    expect(now).toBeGreaterThanOrEqual(last);
    last = now;
    if (now >= count && values.app_workers === workers) return values;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

test('counters of an unmodified app add up over its workers, and a reload takes nothing away', async () => {
  const server = await startServer(fixture('counts-with-prom-client.mjs'), { workers: 2 });
  const count = (times: number) =>
    Promise.all(
      Array.from({ length: times }, () => ask({ port: server.port }, { path: '/count', agent: false })),
    );
  await count(20);
  // The last requests of a worker are in its last report: nobody waits for one before.
  expect(await server.reload()).toMatchObject({ outcome: 'committed' });
  await count(5);
  await server.until('the old workers are gone', () => server.of('exited').length >= 2);
  const values = await until(server, 25, 2);
  expect(values).toMatchObject({
    [SERVED]: 25,
    'served_seconds_bucket{le="0.1"}': 0,
    'served_seconds_bucket{le="1"}': 25,
    served_seconds_count: 25,
    served_seconds_sum: 12.5,
    served_bytes_count: 25,
    'served_bytes{quantile="0.5"}': 10,
    app_highest_slot: 1,
  });
  expect(values.process_cpu_seconds_total).toBeGreaterThan(0);
});
