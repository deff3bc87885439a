/**
 * Many hosts, as real as one machine can have them: three servers on hosts of their own, HAProxy by the configurations
 * of examples/hosts before them, and clients that never retry. What is done in order fails no request; the loss of a
 * host, or of its cable, fails those requests alone that were on it.
 *
 *   HOSTS_REQUESTS=1000000 HOSTS_WORKERS=4 HOSTS_KEEP_ALIVE=32 HOSTS_PAUSE_MS=4 npm run test:hosts
 *
 * HOSTS_WAYS=agent-check,httpchk,nginx also runs the others.
 */
import { type HAProxy, hasHAProxy } from '../support/haproxy.ts';
import { whyNoNetwork } from '../support/network.ts';
import { type Host, NAMES, type Site } from './site.ts';
import { expectNothingLost, type Outcome, SILENT } from './story.ts';
import { releaseAndReExec, type Stage, withThreeHosts } from './three-hosts.ts';

const why = hasHAProxy ? whyNoNetwork() : 'there is no HAProxy: install haproxy';

/** The status of a host that leaves, by the configuration. */
const LEFT = { 'agent-check': 'DRAIN', httpchk: 'DOWN' };

/**
 * Those requests failed that were on this host, and no others. HAProxy logs where a request failed, except one of a
 * client's connection that has carried another before: there it closes the connection without a word
 * (`abort_keep_alive` in its http_ana.c). So none of them may have come to another host.
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

async function badRelease({ site, story }: Stage<HAProxy>): Promise<void> {
  const bad = await story.step('bad release, found on web2', async () => {
    const { code, text } = await site.release('v3');
    expect([text, code]).toEqual([expect.any(String), 1]);
    expect(text).toMatch(/^web1: .* committed: .*=v3[\s\S]*^web2: .*rolled back [\s\S]*^web1: .*=v2/m);
  });
  expectNothingLost(bad);
}

async function stopInOrder({ site, story, front }: Stage<HAProxy>, left: string): Promise<void> {
  const stop = await story.step('web1 leaves, stops, starts', async () => {
    await site.tshorn('web1', 'leave');
    await front.sees('web1', left);
    await site.tshorn('web1', 'stop');
    await front.sees('web1', 'DOWN');
    await site.start('web1');
    await front.sees('web1', 'UP');
  });
  expectNothingLost(stop, 'web1');
}

async function loseHosts({ network, site, story, front }: Stage<HAProxy>): Promise<void> {
  const isLost = async (name: Host) => {
    await front.sees(name, 'DOWN');
    await front.until(`end of the sessions on ${name}`, async () => (await front.server(name)).scur === '0');
  };
  const partition = await story.step('the cable of web3 is pulled', async () => {
    network.cut('web3');
    await isLost('web3');
    network.join('web3');
    await front.sees('web3', 'UP');
  });
  expectLostOn('web3', partition, site);

  const killed = await story.step('web2 is killed', async () => {
    network.kill('web2');
    await isLost('web2');
  });
  expectLostOn('web2', killed, site);
}

for (const [way, left] of Object.entries(LEFT)) {
  withThreeHosts<HAProxy>(
    'what is done in order fails no request, and a lost host only its own',
    {
      way,
      why,
      args: ['--stop-delay', '5s', '--grace', '6s'],
      releases: { v2: [], v3: ['web2'] },
      front: async (site) => {
        const balancer = await site.balancer(`${way}.cfg`);
        for (const name of NAMES) await balancer.sees(name, 'UP');
        return balancer;
      },
    },
    async (stage) => {
      await releaseAndReExec(stage);
      await badRelease(stage);
      await stopInOrder(stage, left);
      await loseHosts(stage);
    },
  );
}
