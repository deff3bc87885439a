/**
 * A reload that fails is rolled back, whatever the plan, whatever the failure, and whichever slot it hits:
 * afterwards the service is what it was, and no client has noticed. The short suite meets each plan and each
 * failure once, the long one every failure in every plan, by turns with and without parking.
 */
import { rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { KeepAliveClient } from './support/keep-alive-client.ts';
import { MixedLoad } from './support/load.ts';
import { isLong, thorough, times } from './support/long.ts';
import { endServers, fixture, startServer, type TestServer } from './support/server.ts';

const WORKERS = times('WORKERS', 3, 4);
const CLIENTS = times('CLIENTS', 20, 40);
const PLANS = ['rolling', 'canary', 'overlap', 'replace'] as const;
const FLAWS: [flaw: string, reason: RegExp][] = [
  ['throws-on-import', /the release is broken/],
  ['exits-on-boot', /exit code 7/],
  ['hangs-on-boot', /did not finish loading within 10 s/],
  ['status-500', /\/_status answered 500/],
  ['status-hangs', /no answer within 2 s/],
  ['crashes-when-ready', /a new worker crashed: uncaught Error/],
];
const SLOTS = [0, 2] as const;

const breakFile = path.join(tmpdir(), `tshorn-rollback-${process.pid}`);
let clients: KeepAliveClient[] = [];
afterEach(async () => {
  for (const client of clients.splice(0)) client.leave();
  await endServers();
  rmSync(breakFile, { force: true });
});

const start = (soak: string, ...args: string[]) =>
  startServer(fixture('mixed.mjs'), {
    workers: WORKERS,
    env: { BREAK: breakFile, TSHORN_SOAK: soak },
    args: [
      ...[
        // Generous: on a busy machine a good worker must not fall to them.
        '--boot-timeout',
        '10s',
        '--probe-timeout',
        '2s',
        '--probe-attempts',
        '1',
        '--canary-time',
        '500ms',
      ],
      ...args,
    ],
  });

const ask = (client: KeepAliveClient) => client.ask(['GET / HTTP/1.1\r\nHost: x\r\n\r\n'], /^\d+$/);

async function connect(server: TestServer, count: number): Promise<void> {
  clients = [];
  for (let at = 0; at < count; at++) {
    const client = await KeepAliveClient.connect({ port: server.port });
    clients.push(client);
    await ask(client);
  }
}

/** The failures that this row meets, each in one of the slots: the next row has it in the other one. */
const casesOf = (first: number, isOfRow: (at: number) => boolean) =>
  FLAWS.map(([flaw, reason], at) => ({ flaw, reason, slot: SLOTS[(first + at) % 2] as number })).filter(
    (_, at) => isOfRow(at),
  );
const matrix = PLANS.flatMap((plan, row) => {
  if (!isLong)
    return { plan, park: row % 2 === 0, cases: casesOf(row >> 1, (at) => at % PLANS.length === row) };
  return [true, false].map((park) => {
    const isOfRow = (at: number) => (at + row) % 2 === Number(park);
    return { plan, park, cases: casesOf(row >> 1, isOfRow) };
  });
});

test.each(matrix)(
  'the plan $plan, parking: $park',
  async ({ plan, park, cases }) => {
    // A worker that crashes 100 ms after its first request has to be seen.
    const soak = cases.some(({ flaw }) => flaw === 'crashes-when-ready') ? '5s' : '100ms';
    const server = await start(
      soak,
      '--reload-plan',
      plan,
      park ? '--park' : '--no-park',
      ...(park ? ['yes'] : []),
    );
    const load = new MixedLoad({ port: server.port }).start();
    await connect(server, CLIENTS);
    await load.flow(50);
    for (const { flaw, reason, slot } of cases) {
      writeFileSync(breakFile, `${flaw}@${slot}`);
      const before = new Set(server.readyPids);
      const from = server.lines.length;
      const verdict = await server.reload();
      const what = { plan, park, flaw, slot };
      expect({ ...what, ...verdict }).toMatchObject({ ...what, outcome: 'rolled-back', serving: 1 });
      expect(String(verdict.reason)).toMatch(reason);
      expect(server.readyPids).toHaveLength(WORKERS);
      // The crashed worker is missing, and in this plan also the one that is being replaced at that moment.
      const mayMiss = Number(plan === 'replace') + Number(flaw === 'crashes-when-ready');
      expect(server.leastReady(from)).toBeGreaterThanOrEqual(WORKERS - mayMiss);
      await Promise.all(clients.map(ask));
      // A worker that crashes takes what it has with it: that is no doing of the reload.
      if (flaw === 'crashes-when-ready') {
        clients = clients.filter(({ open }) => open);
        load.failures.length = 0;
      }
      // Who was parked is there again, and nobody else.
      if (park) expect(new Set(server.readyPids)).toEqual(before);
      expect(
        server
          .of('ready', from)
          .filter(({ pid, gen }) => gen !== 1 && server.readyPids.includes(pid as number)),
      ).toEqual([]);
    }
    await load.stop();
    expect(clients.flatMap(({ failures }) => failures)).toEqual([]);
    expect(load.failures).toEqual([]);
    // And a good one goes through.
    rmSync(breakFile);
    expect(await server.reload()).toMatchObject({ outcome: 'committed' });
    await Promise.all(clients.map(ask));
    expect(clients.flatMap(({ failures }) => failures)).toEqual([]);
  },
  300_000,
);

thorough('with --status-transport udp, the parked workers of a rolled back reload serve again', async () => {
  const server = await start('50ms', '--status-transport', 'udp', '--park', 'yes');
  await connect(server, 20);
  // In the last slot: the workers of all others are parked by then.
  writeFileSync(breakFile, `status-500@${WORKERS - 1}`);
  for (let round = 0; round < 2; round++) {
    const before = new Set(server.readyPids);
    const from = server.lines.length;
    expect(await server.reload()).toMatchObject({ outcome: 'rolled-back', serving: 1 });
    expect(new Set(server.readyPids)).toEqual(before);
    expect(server.of('crashed', from)).toEqual([]);
    await Promise.all(clients.map(ask));
  }
  expect(clients.flatMap(({ failures }) => failures)).toEqual([]);
});
