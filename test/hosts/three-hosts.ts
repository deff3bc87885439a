/** Shared by the tests of all balancers: three hosts with a server each, clients, and the steps that every one of them takes. */
import { directory, ownDirectory } from '../support/directory.ts';
import { Network } from '../support/network.ts';
import type { Clients } from './clients.ts';
import { NAMES, Site } from './site.ts';
import { expectNothingLost, isChosen, LONGEST_MS, SIZES, Story, WORKERS } from './story.ts';
import { table } from './table.ts';

/** A balancer that runs. */
export interface Front {
  /** Its log so far. */
  readonly output: string;
  end(): Promise<void>;
}

export interface Stage<F extends Front> {
  readonly network: Network;
  readonly site: Site;
  readonly front: F;
  readonly story: Story;
}

export interface Options<F extends Front> {
  /** Its name in HOSTS_WAYS. */
  readonly way: string;
  /** The reason why it cannot run here; undefined where it can. */
  readonly why: string | undefined;
  /** Options of each tshorn. */
  readonly args: readonly string[];
  /** Releases that each host has, beside v1, which serves first; some fail their probe on some hosts. */
  readonly releases: Readonly<Record<string, Parameters<Site['lay']>[1]>>;
  /** Starts the balancer, and resolves when it sends requests to every host. */
  front(site: Site, network: Network): Promise<F>;
}

/** Defines a test whose steps run under the load of the clients, and prints its table. */
export function withThreeHosts<F extends Front>(
  title: string,
  { way, why, args, releases, front: start }: Options<F>,
  act: (stage: Stage<F>) => Promise<void>,
): void {
  describe(`${way}${why === undefined ? '' : ` (skipped: ${why})`}`, () => {
    let network: Network | undefined;
    let front: F | undefined;
    let clients: Clients | undefined;
    afterEach(async () => {
      await clients?.end();
      await front?.end();
      // Before the servers are waited for: what runs on a host that is cut off, or half dead, ends as well.
      network?.remove();
    });
    ownDirectory();

    const able = why === undefined && isChosen(way) ? test : test.skip;
    able(
      title,
      async () => {
        network = new Network();
        const site = new Site(network, directory, WORKERS, args);
        site.lay('v1');
        for (const [release, bad] of Object.entries(releases)) site.lay(release, bad);
        await Promise.all(NAMES.map((name) => site.start(name)));
        front = await start(site, network);
        clients = site.clients(SIZES);
        const story = new Story(clients, () => front?.output ?? '');
        try {
          await act({ network, site, front, story });
        } finally {
          process.stdout.write(table(way, story.rows));
        }
      },
      LONGEST_MS,
    );
  });
}

/** A release by examples/hosts/rolling-release.sh, and then a re-exec on each host. */
export async function releaseAndReExec({ site, story }: Stage<Front>): Promise<void> {
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
}
