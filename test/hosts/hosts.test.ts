/**
 * Many hosts, as real as one machine can have them: three servers on hosts of their own, HAProxy by the configurations
 * of examples/hosts before them, and clients that never retry. What is done in order fails no request; the loss of a
 * host, or of its cable, fails those requests alone that were on it.
 *
 *   HOSTS_REQUESTS=1000000 HOSTS_WORKERS=4 HOSTS_KEEP_ALIVE=32 HOSTS_PAUSE_MS=4 npm run test:hosts
 *
 * HOSTS_WAYS=agent-check,httpchk,nginx also runs the others.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { directory, ownDirectory } from '../support/directory.ts';
import { type HAProxy, hasHAProxy } from '../support/haproxy.ts';
import { Network, whyNoNetwork } from '../support/network.ts';
import type { Clients } from './clients.ts';
import { type Host, NAMES, Site } from './site.ts';
import {
  expectNothingLost,
  isChosen,
  LONGEST_MS,
  type Outcome,
  SILENT,
  SIZES,
  Story,
  WORKERS,
} from './story.ts';
import { table } from './table.ts';

const why = hasHAProxy ? whyNoNetwork() : 'there is no HAProxy: install haproxy';
const withHosts = why === undefined ? test : test.skip;

let network: Network | undefined;
let balancer: HAProxy | undefined;
let clients: Clients | undefined;
ownDirectory();
afterEach(async () => {
  await clients?.end();
  await balancer?.end();
  // Before the servers are waited for: what runs on a host that is cut off, or half dead, ends as well.
  network?.remove();
});

interface Way {
  readonly example: string;
  /** The status of a host that leaves. */
  readonly left: string;
  readonly changes: readonly (readonly [string, string])[];
}

const WAYS: readonly Way[] = (
  [
    { example: 'agent-check.cfg', left: 'DRAIN', changes: [] },
    // Without an agent a request to a host that is out of reach waits for this time.
    { example: 'httpchk.cfg', left: 'DOWN', changes: [['timeout server 30s', 'timeout server 5s']] },
  ] as const
).filter(({ example }) => isChosen(example.replace('.cfg', '')));

/**
 * Those requests failed that were on this host, and no others. HAProxy logs where a request failed, except one whose
 * connection to the server had served another before: there it closes the client's without a word (`abort_keep_alive`
 * in its http_ana.c). So none of them may have come to another host.
 */
function expectLostOn(host: Host, { happened, failed }: Outcome, site: Site) {
  expect(failed.filter(({ server }) => server !== host)).toEqual([]);
  expect(happened.closed.filter((closed) => closed.host !== host)).toEqual([]);
  const others = NAMES.filter((name) => name !== host).map((name) => site.arrivals(name));
  expect(happened.failures.filter(({ n }) => others.some((arrivals) => arrivals.has(n)))).toEqual([]);
  const logged = new Set(failed.map(({ n }) => n));
  const silent = happened.failures.filter(({ n }) => !logged.has(n));
  expect(new Set(silent.map(({ kind, cause }) => `${kind}: ${cause}`))).toEqual(
    new Set(silent.length > 0 ? [`keep-alive: ${SILENT}`] : []),
  );
}

(WAYS.length > 0 ? describe : describe.skip)(
  why === undefined ? 'three hosts' : `three hosts (skipped: ${why})`,
  () => {
    withHosts.each(WAYS)(
      '$example: what is done in order fails no request, and a lost host only its own',
      async ({ example, left, changes }) => {
        network = new Network();
        const site = new Site(network, directory, WORKERS, ['--stop-delay', '5s', '--grace', '6s']);
        site.lay('v1');
        site.lay('v2');
        site.lay('v3', ['web2']);
        await Promise.all(NAMES.map((name) => site.start(name)));
        balancer = await site.balancer(example, changes);
        for (const name of NAMES) await balancer.sees(name, 'UP');
        clients = site.clients(SIZES);
        const story = new Story(clients, () => balancer?.output ?? '');
        const sees = (name: Host, status: string) => balancer?.sees(name, status);

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

          const bad = await story.step('bad release, found on web2', async () => {
            const { code, text } = await site.release('v3');
            expect([text, code]).toEqual([expect.any(String), 1]);
            expect(text).toMatch(
              /^web1: .* committed: .*=v3[\s\S]*^web2: .*rolled back [\s\S]*^web1: .*=v2/m,
            );
          });
          expectNothingLost(bad);

          const stop = await story.step('web1 leaves, stops, starts', async () => {
            await site.tshorn('web1', 'leave');
            await sees('web1', left);
            await site.tshorn('web1', 'stop');
            await sees('web1', 'DOWN');
            await site.start('web1');
            await sees('web1', 'UP');
          });
          expectNothingLost(stop, 'web1');

          const partition = await story.step('the cable of web3 is pulled', async () => {
            network?.cut('web3');
            await sees('web3', 'DOWN');
            // Until no request waits for it any more.
            await sleep(example === 'httpchk.cfg' ? 6_000 : 1_000);
            network?.join('web3');
            await sees('web3', 'UP');
          });
          expectLostOn('web3', partition, site);

          const killed = await story.step('web2 is killed', async () => {
            network?.kill('web2');
            await sees('web2', 'DOWN');
          });
          expectLostOn('web2', killed, site);
        } finally {
          process.stdout.write(table(example, story.rows));
        }
      },
      LONGEST_MS,
    );
  },
);
