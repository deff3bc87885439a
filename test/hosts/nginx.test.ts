/**
 * nginx by examples/hosts/nginx/nginx.conf before three hosts: HOSTS_WAYS=nginx npm run test:hosts. It asks nobody who
 * is ready, and learns from a refused connection.
 */
import { spawnSync } from 'node:child_process';
import { directory, ownDirectory } from '../support/directory.ts';
import { pollUntil } from '../support/eventually.ts';
import { Network, whyNoNetwork } from '../support/network.ts';
import type { Clients } from './clients.ts';
import { NAMES, Site } from './site.ts';
import { expectNothingLost, isChosen, LONGEST_MS, SIZES, Story, WORKERS } from './story.ts';
import { table } from './table.ts';

const why = spawnSync('nginx', ['-v']).error ? 'there is no nginx: install nginx' : whyNoNetwork();
const withHosts = why === undefined && isChosen('nginx') ? test : test.skip;

let network: Network | undefined;
let clients: Clients | undefined;
ownDirectory();
afterEach(async () => {
  await clients?.end();
  network?.remove();
});

withHosts(
  `no request fails while hosts release, re-exec and stop${why === undefined ? '' : ` (skipped: ${why})`}`,
  async () => {
    network = new Network();
    const site = new Site(network, directory, WORKERS, ['--grace', '6s']);
    for (const release of ['v1', 'v2']) site.lay(release);
    await Promise.all(NAMES.map((name) => site.start(name)));
    site.nginx();
    await pollUntil(() => network?.listens('balancer', 80) ?? false);
    clients = site.clients(SIZES);
    const story = new Story(clients);
    try {
      const rolling = await story.step('rolling release', async () => {
        const { code, text } = await site.release('v2');
        expect([text, code]).toEqual([expect.stringContaining('every host serves'), 0]);
      });
      expectNothingLost(rolling);

      const reExec = await story.step('re-exec on each host', async () => {
        for (const name of NAMES)
          expect(await site.server(name).reExec()).toMatchObject({ outcome: 'committed' });
      });
      expectNothingLost(reExec);

      const stop = await story.step('web1 stops, starts', async () => {
        await site.tshorn('web1', 'stop');
        await site.start('web1');
      });
      expectNothingLost(stop, 'web1');
    } finally {
      process.stdout.write(table('nginx.conf', story.rows));
    }
  },
  LONGEST_MS,
);
