import fs from 'node:fs';
import { MixedLoad } from './support/load.ts';
import { endServers, fixture, startServer } from './support/server.ts';

afterEach(endServers);

const descriptors = (pid: number): number => fs.readdirSync(`/proc/${pid}/fd`).length;

/** Proportional set size in kB: what the process costs beside the pages that it shares. */
const memory = (pid: number): number =>
  Number(/^Pss:\s+(\d+)/m.exec(fs.readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8'))?.[1]);

/** Sockets in LISTEN state on the port, from the kernel. */
function listening(port: number): number {
  const hex = port.toString(16).toUpperCase().padStart(4, '0');
  const lines = fs.readFileSync('/proc/net/tcp', 'utf8').split('\n');
  return lines.filter((line) => new RegExp(`:${hex} \\S+ 0A `).test(line)).length;
}

const onLinux = process.platform === 'linux' ? test : test.skip;

onLinux(
  '30 reloads in a row leave descriptors, listeners and memory of the master flat',
  async () => {
    const server = await startServer(fixture('mixed.mjs'), { workers: 2, args: ['--idle-linger', '100ms'] });
    const load = new MixedLoad({ port: server.port }).start({ posts: 2, slow: 0, uploads: 0, fresh: 2 });
    // The first reloads load what is loaded once.
    for (let at = 0; at < 5; at++) await server.reload();
    const before = { descriptors: descriptors(server.pid), memory: memory(server.pid) };
    for (let at = 0; at < 30; at++) expect(await server.reload()).toMatchObject({ outcome: 'committed' });
    await load.stop();
    expect(load.failures).toEqual([]);
    expect(descriptors(server.pid)).toBe(before.descriptors);
    expect(listening(server.port)).toBe(1);
    const grown = memory(server.pid) - before.memory;
    process.stdout.write(`30 reloads: master ${before.memory} kB, grown by ${grown} kB\n`);
    expect(grown).toBeLessThan(8_000);
  },
  120_000,
);
