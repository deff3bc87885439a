/**
 * An app that keeps metrics by itself, with each library as npm installs it: one scrape has all of them, through reloads.
 * `npm run test:real -- prom-client prometheus-client`.
 */
import path from 'node:path';
import { socketOf } from '../support/control.ts';
import { CountingClients } from '../support/counting-clients.ts';
import { Scrapers } from '../support/scrapers.ts';
import { endServers, fixture, startServer } from '../support/server.ts';
import { installPackages } from './harness/install.ts';

const WORKERS = 3;
const RELOADS = 3;
const LIBRARIES = [
  { name: 'prom-client', library: 'prom-client', version: '15.1.3', sinceNode: 20 },
  { name: 'prometheus-client', library: '@prometheus-io/client', version: '0.16.1', sinceNode: 22 },
] as const;
const chosen = process.env.REAL_PACKAGES ?? '';

let end: () => Promise<unknown>;
afterEach(() => end?.());
afterEach(endServers);

for (const { name, library, version, sinceNode } of LIBRARIES) {
  const major = Number(process.versions.node.split('.')[0]);
  const isChosen = chosen === '' || chosen.split(' ').includes(name);
  const runs = isChosen && major >= sinceNode ? test : test.skip;
  runs(
    `what an app counts with ${library} ${version} adds up over its workers, and nothing falls through reloads`,
    async () => {
      const installed = installPackages(`${library}@${version}`);
      const server = await startServer(fixture('counts-with-prom-client.mjs'), {
        workers: WORKERS,
        env: { PROM_CLIENT: path.join(installed, 'node_modules', library, 'index.js') },
      });
      const from = { socketPath: await socketOf(server) };
      const scrapers = new Scrapers().every(100, from);
      const clients = new CountingClients({ port: server.port }, 2 * WORKERS, () => '/count');
      end = () => Promise.all([clients.stop(), scrapers.stop()]);
      for (let reload = 1; reload <= RELOADS; reload++) {
        await clients.flow(200);
        if (reload === RELOADS) await clients.stop();
        const before = server.lines.length;
        expect(await server.reload()).toMatchObject({ outcome: 'committed' });
        await server.until('the old workers are gone', () => server.of('exited', before).length >= WORKERS);
      }
      let values = await scrapers.once(from);
      // A gauge of a new worker comes with its first report; the counts of the old ones are all there.
      while (values.app_workers !== WORKERS) values = await scrapers.once(from);
      await scrapers.stop();
      expect(scrapers.fallen).toEqual([]);
      expect(clients.failures).toEqual([]);
      expect(values).toMatchObject({
        'served_total{kind="counted"}': clients.answers,
        served_seconds_count: clients.answers,
        served_seconds_sum: clients.answers / 2,
        served_bytes_count: clients.answers,
        app_highest_slot: WORKERS - 1,
      });
    },
    300_000,
  );
}
