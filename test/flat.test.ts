import fs from 'node:fs';
import { descriptors, onLinux } from './support/descriptors.ts';
import { eventually } from './support/eventually.ts';
import { KeepAliveClient } from './support/keep-alive-client.ts';
import { MixedLoad } from './support/load.ts';
import { times } from './support/long.ts';
import { endServers, fixture, startServer } from './support/server.ts';

const clients: KeepAliveClient[] = [];
afterEach(async () => {
  for (const client of clients.splice(0)) client.leave();
  await endServers();
});

/** Proportional set size in kB: what the process costs beside the pages that it shares. */
const memory = (pid: number): number =>
  Number(/^Pss_Anon:\s+(\d+)/m.exec(fs.readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8'))?.[1]);

/** Sockets in LISTEN state on the port, from the kernel. */
function listening(port: number): number {
  const hex = port.toString(16).toUpperCase().padStart(4, '0');
  const lines = fs.readFileSync('/proc/net/tcp', 'utf8').split('\n');
  return lines.filter((line) => new RegExp(`:${hex} \\S+ 0A `).test(line)).length;
}

/** Established connections whose server end is on the port. */
function established(port: number): number {
  const hex = port.toString(16).toUpperCase().padStart(4, '0');
  const lines = fs.readFileSync('/proc/net/tcp', 'utf8').split('\n');
  return lines.filter((line) => new RegExp(`^ *\\d+: \\S+:${hex} \\S+ 01 `).test(line)).length;
}

const RELOADS = times('RELOADS', 4, 25);
const IDLE = 50;

onLinux(
  `${RELOADS} reloads in a row leave descriptors, listeners, connections and memory flat`,
  async () => {
    // A small heap: V8 keeps garbage for as long as there is room, and that would look like a leak.
    const env = { NODE_OPTIONS: '--max-semi-space-size=1 --max-old-space-size=16' };
    const server = await startServer(fixture('mixed.mjs'), { workers: 2, env, args: ['--no-control'] });
    const load = new MixedLoad({ port: server.port }).start({ posts: 2, slow: 0, uploads: 0, fresh: 2 });
    for (let at = 0; at < IDLE; at++) clients.push(await KeepAliveClient.connect({ port: server.port }));
    // The first reloads load what is loaded once.
    for (let at = 0; at < 3; at++) await server.reload();
    const before = { descriptors: descriptors(server.pid), memory: memory(server.pid) };
    const grown = [];
    for (let at = 0; at < RELOADS; at++) {
      expect(await server.reload()).toMatchObject({ outcome: 'committed' });
      if (at % 10 === 9 || at === RELOADS - 1) grown.push(memory(server.pid) - before.memory);
    }
    await load.stop();
    expect(load.failures).toEqual([]);
    await Promise.all(clients.map((client) => client.ask(['GET / HTTP/1.1\r\nHost: x\r\n\r\n'], /^\d+$/)));
    expect(clients.flatMap(({ failures }) => failures)).toEqual([]);
    // The load's own connections have been given up a moment ago: the server may still be hearing of it.
    await eventually(
      'only the idle connections',
      () => established(server.port),
      (count) => count === IDLE,
    );
    // The master may be reading a file at this moment, and the last workers of a reload have just ended.
    await eventually(
      'no more descriptors',
      () => descriptors(server.pid),
      (count) => count <= before.descriptors,
    );
    expect(listening(server.port)).toBe(1);
    process.stdout.write(`${RELOADS} reloads: master ${before.memory} kB, grown by ${grown.join(', ')} kB\n`);
    // Over 300 reloads it comes to rest at 5 to 7 MB.
    expect(grown.at(-1)).toBeLessThan(12_000);
  },
  300_000,
);
