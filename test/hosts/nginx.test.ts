/**
 * nginx by examples/hosts/nginx/nginx.conf before three hosts: HOSTS_WAYS=nginx npm run test:hosts. It asks nobody who
 * is ready, and learns from a refused connection.
 */
import { spawnSync } from 'node:child_process';
import { pollUntil } from '../support/eventually.ts';
import { whyNoNetwork } from '../support/network.ts';
import { expectNothingLost } from './story.ts';
import { releaseAndReExec, withThreeHosts } from './three-hosts.ts';

withThreeHosts(
  'no request fails while hosts release, re-exec and stop',
  {
    way: 'nginx',
    why: spawnSync('nginx', ['-v']).error ? 'there is no nginx: install nginx' : whyNoNetwork(),
    args: ['--grace', '6s'],
    releases: { v2: [] },
    front: async (site, network) => {
      // It ends with its host.
      site.nginx();
      await pollUntil(() => network.listens('balancer', 80));
      return { output: '', end: async () => {} };
    },
  },
  async (stage) => {
    await releaseAndReExec(stage);
    const { site, story } = stage;
    const stop = await story.step('web1 stops, starts', async () => {
      await site.tshorn('web1', 'stop');
      await site.start('web1');
    });
    expectNothingLost(stop, 'web1');
  },
);
