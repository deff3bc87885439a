/**
 * Sessions resume through reloads, whichever of many workers a client comes to: TLS 1.3, with a ticket after each handshake, and
 * TLS 1.2. RELOADS=20 makes it longer.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { SecureVersion } from 'node:tls';
import { TEST_MS } from './support/deadline.ts';
import { eventually } from './support/eventually.ts';
import { thorough, times } from './support/long.ts';
import { endServers, fixture, startServer } from './support/server.ts';
import { TlsClient } from './support/tls-client.ts';
import { TLS_ARGS } from './support/tls-target.ts';

const WORKERS = times('WORKERS', 8, 8);
const RELOADS = times('RELOADS', 2, 2);
const CLIENTS = 4;
const PAUSE_MS = 30;

let isOver = false;
afterEach(async () => {
  isOver = true;
  await endServers();
});

interface Count {
  full: number;
  resumed: number;
  readonly failures: string[];
  readonly pids: Set<string>;
}

/** Connects again and again, each time with its newest ticket. The first handshake of each client is full. */
async function comeBack(port: number, version: SecureVersion, isOver: () => boolean, count: Count) {
  let session: Buffer | undefined;
  while (!isOver()) {
    try {
      const versions = { minVersion: version, maxVersion: version };
      const client = await TlsClient.connect({ port, ...versions, ...(session && { session }) });
      const isResumed = client.socket.isSessionReused();
      if (session) count[isResumed ? 'resumed' : 'full']++;
      count.pids.add(/^x-pid: *(\d+)/im.exec((await client.ask()).head)?.[1] ?? '');
      // One that is resumed may be sent a new ticket, and may not.
      session = session ? (client.session ?? session) : await client.ticket();
      client.destroy();
    } catch (error) {
      count.failures.push(String(error));
    }
    await sleep(PAUSE_MS);
  }
}

thorough(
  `${WORKERS} workers, ${RELOADS} reloads: at least 99 % of the sessions resume`,
  async () => {
    const server = await startServer(fixture('says-hello.mjs'), { workers: WORKERS, args: TLS_ARGS });
    const counts = (['TLSv1.3', 'TLSv1.2'] as const).map((version) => {
      const count: Count = { full: 0, resumed: 0, failures: [], pids: new Set() };
      const running = Array.from({ length: CLIENTS }, () =>
        comeBack(server.port, version, () => isOver, count),
      );
      return { version, count, running };
    });
    for (let at = 0; at < RELOADS; at++) {
      expect(await server.reload()).toMatchObject({ outcome: 'committed' });
      const pids = server.readyPids.map(String);
      await eventually(
        'versions whose clients have had no answer of a new worker',
        () => counts.filter(({ count }) => !pids.some((pid) => count.pids.has(pid))).length,
        (waiting) => waiting === 0 || counts.some(({ count }) => count.failures.length > 0),
      );
    }
    isOver = true;
    for (const { version, count, running } of counts) {
      await Promise.all(running);
      const { full, resumed, failures, pids } = count;
      console.info(`${version}: ${resumed} of ${full + resumed} resumed, by ${pids.size} workers`);
      expect(failures).toEqual([]);
      expect(pids.size).toBeGreaterThan(RELOADS);
      expect(resumed).toBeGreaterThan(0);
      expect(resumed / (full + resumed)).toBeGreaterThanOrEqual(0.99);
    }
  },
  TEST_MS + RELOADS * 60_000,
);
