/** Each plan replaces every worker under load, and is what it says about how many there are meanwhile. */
import { KeepAliveClient } from './support/keep-alive-client.ts';
import { MixedLoad } from './support/load.ts';
import { cases, times } from './support/long.ts';
import { endServers, fixture, startServer, type TestServer } from './support/server.ts';

const WORKERS = 4;
const RELOADS = times('RELOADS', 1, 2);
const CLIENTS = times('CLIENTS', 30, 60);
const clients: KeepAliveClient[] = [];
afterEach(async () => {
  for (const client of clients.splice(0)) client.leave();
  await endServers();
});

/** The most processes of this reload that served, or were about to, at any moment. */
function mostAlive(server: TestServer, from: number): number {
  const alive = new Set<unknown>();
  let most = 0;
  const ended = new Set(['drained', 'crashed', 'exited', 'broken']);
  server.lines.forEach(({ event, pid }, index) => {
    if (event === 'spawned') alive.add(pid);
    if (ended.has(String(event))) alive.delete(pid);
    if (index >= from) most = Math.max(most, alive.size);
  });
  return most;
}

const get = 'GET / HTTP/1.1\r\nHost: x\r\n\r\n';

interface Planned {
  readonly plan: string;
  readonly args: readonly string[];
  readonly least: number;
  /** Undefined where the machine decides. */
  readonly most?: number;
  readonly long?: true;
}

const PLANS: readonly Planned[] = [
  // Without options the plan is that of nearly every other test.
  { plan: 'rolling', args: [], least: 4, most: 5, long: true },
  { plan: 'rolling', args: ['--max-surge', '50%'], least: 4, most: 6, long: true },
  { plan: 'rolling', args: ['--max-surge', '0', '--max-unavailable', '50%'], least: 2, most: 4 },
  { plan: 'rolling', args: ['--max-surge', 'auto'], least: 4, long: true },
  { plan: 'canary', args: ['--max-surge', '2', '--canary-time', '500ms'], least: 4, most: 6, long: true },
  { plan: 'overlap', args: [], least: 4, most: 8 },
  { plan: 'replace', args: [], least: 3, most: 4 },
];

test.each(cases(PLANS, ({ long = false }) => !long))(
  'reloads by the plan $plan $args: nothing fails, nothing is closed, $least to $most workers',
  async ({ plan, args, least, most }) => {
    const server = await startServer(fixture('mixed.mjs'), {
      workers: WORKERS,
      args: ['--reload-plan', plan, '--soak', '100ms', ...args],
    });
    const load = new MixedLoad({ port: server.port }).start();
    for (let at = 0; at < CLIENTS; at++) clients.push(await KeepAliveClient.connect({ port: server.port }));
    const ask = () => Promise.all(clients.map((client) => client.ask([get], /^\d+$/)));
    await ask();
    await load.flow(100);
    for (let reload = 0; reload < RELOADS; reload++) {
      const old = server.readyPids;
      const from = server.lines.length;
      expect(await server.reload()).toMatchObject({ outcome: 'committed', replaced: WORKERS });
      expect(server.readyPids.filter((pid) => old.includes(pid))).toEqual([]);
      const alive = mostAlive(server, from);
      expect({ least: server.leastReady(from), most: alive }).toEqual({ least, most: most ?? alive });
      // The first new worker is alone: a release that does not start costs one boot.
      const booted = server.lines.slice(from).filter(({ event }) => event === 'spawned' || event === 'ready');
      if (most === undefined) expect(booted[1]?.event).toBe('ready');
      expect(alive).toBeLessThanOrEqual(2 * WORKERS);
      await ask();
      // Whoever answers is of the new generation.
      expect(clients.filter(({ lastPid }) => !server.readyPids.includes(lastPid))).toEqual([]);
    }
    await load.stop();
    expect(load.failures).toEqual([]);
    expect(clients.flatMap(({ failures }) => failures)).toEqual([]);
  },
);

test.each(cases([1, 2], (workers) => workers === 2))(
  'replace, all %d at once: idle connections wait in the old workers for the new ones',
  async (workers) => {
    const server = await startServer(fixture('mixed.mjs'), {
      workers,
      args: ['--reload-plan', 'replace', '--max-unavailable', '100%', '--soak', '100ms'],
    });
    const load = new MixedLoad({ port: server.port }).start();
    for (let at = 0; at < 20; at++) clients.push(await KeepAliveClient.connect({ port: server.port }));
    const ask = () => Promise.all(clients.map((client) => client.ask([get], /^\d+$/)));
    await ask();
    await load.flow(50);
    expect(await server.reload()).toMatchObject({ outcome: 'committed', replaced: workers });
    expect(server.of('drained').map(({ closed, forceClosed }) => [closed, forceClosed])).toEqual(
      Array(workers).fill([0, 0]),
    );
    await ask();
    expect(clients.filter(({ lastPid }) => !server.readyPids.includes(lastPid))).toEqual([]);
    await load.stop();
    expect(load.failures).toEqual([]);
    expect(clients.flatMap(({ failures }) => failures)).toEqual([]);
  },
);
