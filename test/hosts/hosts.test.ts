/**
 * Many hosts, as real as one machine can have them: three servers on hosts of their own, HAProxy by the configurations
 * of examples/hosts before them, and clients that never retry. What is done in order fails no request; the loss of a
 * host, or of its cable, fails those requests alone that were on it.
 *
 *   HOSTS_WAYS=agent-check,httpchk HOSTS_REQUESTS=1000000 HOSTS_WORKERS=4 HOSTS_PAUSE_MS=0 npm run test:hosts
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { directory, ownDirectory } from '../support/directory.ts';
import { type HAProxy, hasHAProxy } from '../support/haproxy.ts';
import { Network, whyNoNetwork } from '../support/network.ts';
import { type Clients, type Happened, sum } from './clients.ts';
import { type Failed, failedAt } from './haproxy-log.ts';
import { type Host, NAMES, Site } from './site.ts';
import { type Row, row, table } from './table.ts';

const number = (name: string, standard: number): number => Number(process.env[name] ?? standard);
/** Of all ways together. */
const REQUESTS = number('HOSTS_REQUESTS', 3_000);
const WORKERS = number('HOSTS_WORKERS', 2);
const SIZES = {
  keepAlive: number('HOSTS_KEEP_ALIVE', 20),
  slow: number('HOSTS_SLOW', 6),
  fresh: number('HOSTS_NEW', 3),
  webSockets: number('HOSTS_WEBSOCKETS', 15),
  pauseMs: number('HOSTS_PAUSE_MS', 100),
};
const STEPS = 6;
const SILENT = 'closed without an answer';
const DEADLINE_MS = 60_000 + REQUESTS;

const why = hasHAProxy ? whyNoNetwork() : 'there is no HAProxy: install haproxy';
const withHosts = why === undefined ? test : test.skip;

let network: Network | undefined;
const remove = () => network?.remove();
process.once('exit', remove);

let balancer: HAProxy | undefined;
let clients: Clients | undefined;
ownDirectory();
afterEach(async () => {
  await clients?.end();
  await balancer?.end();
  // Before the servers are waited for: what runs on a host that is cut off, or half dead, ends as well.
  remove();
});

interface Way {
  readonly example: string;
  /** The status of a host that leaves. */
  readonly left: string;
  readonly changes: readonly (readonly [string, string])[];
}

const CHOSEN = (process.env.HOSTS_WAYS ?? 'agent-check').split(',');

const WAYS: readonly Way[] = (
  [
    { example: 'agent-check.cfg', left: 'DRAIN', changes: [] },
    // Without an agent a request to a host that is out of reach waits for this time.
    { example: 'httpchk.cfg', left: 'DOWN', changes: [['timeout server 30s', 'timeout server 5s']] },
  ] as const
).filter(({ example }) => CHOSEN.includes(example.replace('.cfg', '')));

class Story {
  readonly rows: Row[] = [];
  readonly #clients: Clients;
  readonly #balancer: HAProxy;
  #read = 0;

  constructor(clients: Clients, balancer: HAProxy) {
    this.#clients = clients;
    this.#balancer = balancer;
  }

  /** Runs one step under load, until it is over and its share of the requests has been answered. */
  async step(what: string, act: () => Promise<void>): Promise<{ happened: Happened; failed: Failed[] }> {
    const from = performance.now();
    await act();
    let happened = await this.#clients.happened();
    for (const end = Date.now() + DEADLINE_MS; happened.requests < REQUESTS / STEPS / WAYS.length; ) {
      if (Date.now() > end) throw new Error(`${what}: only ${happened.requests} requests were answered`);
      await sleep(20);
      happened = sum(happened, await this.#clients.happened());
    }
    // A line of the log may come later than the answer to the client.
    const logged = () => failedAt(this.#balancer.output.slice(this.#read));
    const isLogged = () => {
      const numbers = new Set(logged().map(({ n }) => n));
      return happened.failures.every(({ n, cause }) => numbers.has(n) || cause === SILENT);
    };
    for (const end = Date.now() + 2_000; !isLogged() && Date.now() < end; ) await sleep(20);
    const failed = logged();
    this.#read = this.#balancer.output.length;
    this.rows.push(row(what, happened, failed, performance.now() - from));
    return { happened, failed };
  }
}

/** Nothing failed, and WebSockets ended only in order, on the host that stops. */
function expectNothingLost({ happened, failed }: { happened: Happened; failed: Failed[] }, stops?: Host) {
  expect(happened.failures).toEqual([]);
  expect(failed).toEqual([]);
  const lost = happened.closed.filter(({ host, code }) => host !== stops || code !== 1012);
  expect(lost).toEqual([]);
}

/**
 * Those requests failed that were on this host, and no others. HAProxy logs where a request failed, except one whose
 * connection to the server had served another before: there it closes the client's without a word (`abort_keep_alive`
 * in its http_ana.c). So none of them may have come to another host.
 */
function expectLostOn(
  host: Host,
  { happened, failed }: { happened: Happened; failed: Failed[] },
  site: Site,
) {
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

describe(why === undefined ? 'three hosts' : `three hosts (skipped: ${why})`, () => {
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
      const story = new Story(clients, balancer);
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
          expect(text).toMatch(/^web1: .* committed: .*=v3[\s\S]*^web2: .*rolled back [\s\S]*^web1: .*=v2/m);
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
    2 * DEADLINE_MS + 10 * REQUESTS,
  );
});
