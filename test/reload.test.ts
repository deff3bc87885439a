import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { directory, ownDirectory } from './support/directory.ts';
import { MixedLoad } from './support/load.ts';
import { brief, times } from './support/long.ts';
import { fixture, startServer, type TestServer } from './support/server.ts';

const RELOADS = times('RELOADS', 1, 3);

let breakFile: string;
ownDirectory();
beforeEach(() => {
  breakFile = path.join(directory, 'break');
});

const start = (options: Parameters<typeof startServer>[1] = {}): Promise<TestServer> =>
  startServer(fixture('mixed.mjs'), { workers: 4, ...options, env: { BREAK: breakFile, ...options?.env } });

/** `spawned:0 ready:0 draining:0 ...` of one reload. */
const order = (server: TestServer, from: number): string[] =>
  server.lines
    .slice(from)
    .filter(({ event }) => event === 'spawned' || event === 'ready' || event === 'draining')
    .map(({ event, worker }) => `${event}:${worker}`);

describe('a reload under mixed load', () => {
  test('slow-starting reloads fail no request, keep capacity, and replace every worker in order', async () => {
    const server = await start({ env: { BOOT_MS: '500' } });
    const load = new MixedLoad({ port: server.port }).start();
    await load.flow(100);
    for (let reload = 1; reload <= RELOADS; reload++) {
      const from = server.lines.length;
      const before = server.readyPids;
      const verdict = await server.reload();
      expect(verdict).toMatchObject({
        outcome: 'committed',
        replaced: 4,
        generation: reload + 1,
      });
      expect(order(server, from)).toEqual(
        [0, 1, 2, 3].flatMap((slot) => [`spawned:${slot}`, `ready:${slot}`, `draining:${slot}`]),
      );
      expect(server.readyPids.filter((pid) => before.includes(pid))).toEqual([]);
      expect(server.leastReady(from)).toBeGreaterThanOrEqual(4);
    }
    await load.flow(100);
    await load.stop();
    expect(load.failures).toEqual([]);
    expect(Object.keys(load.kinds).sort()).toEqual(['fresh', 'post', 'slow', 'upload']);
  });

  test('a release that throws, exits, answers 500 or does not answer never replaces a good one', async () => {
    const server = await start({ workers: 2, args: ['--probe-timeout', '2s', '--probe-attempts', '2'] });
    const before = server.readyPids;
    const load = new MixedLoad({ port: server.port }).start();
    await load.flow(50);
    for (const [flaw, reason] of [
      ['throws-on-import', 'the release is broken'],
      ['exits-on-boot', 'exit code 7'],
      ['status-500', '/_status answered 500'],
      ['status-hangs', 'no answer within 2 s'],
    ] as const) {
      writeFileSync(breakFile, flaw);
      const verdict = await server.reload();
      expect({ flaw, ...verdict }).toMatchObject({ flaw, outcome: 'rolled-back', replaced: 0 });
      expect(String(verdict.reason)).toContain(reason);
      await load.flow(50);
    }
    await load.stop();
    expect(load.failures).toEqual([]);
    expect(server.readyPids).toEqual(before);
  });

  test('a syntax error in the release is told with file and line, and the old pids serve on', async () => {
    const app = path.join(directory, 'app.mjs');
    writeFileSync(app, 'export default (request, response) => response.end("good");');
    const server = await startServer(app, { workers: 2 });
    const before = server.readyPids;
    const load = new MixedLoad({ port: server.port }).start({ posts: 0, slow: 0, uploads: 0 });
    writeFileSync(app, 'export default (request, response) =>\n  response.end("good";\n');
    const verdict = await server.reload();
    expect(verdict).toMatchObject({ outcome: 'rolled-back' });
    expect(server.of('broken').at(-1)?.msg).toMatch(/app\.mjs:2/);
    await load.flow(50);
    await load.stop();
    expect(load.failures).toEqual([]);
    expect(server.readyPids).toEqual(before);
  });
});

describe('reloads one after another', () => {
  brief('HUPs during a reload become one more, never interleaved', async () => {
    const server = await start({ workers: 2, env: { BOOT_MS: '1500' } });
    const from = server.lines.length;
    server.signal('SIGHUP');
    await server.event('reload-started', { from });
    for (let at = 0; at < 3; at++) server.signal('SIGHUP');
    await server.event('reload-finished', { from, count: 2 });
    expect(order(server, from)).toEqual(
      [0, 1, 0, 1].flatMap((slot) => [`spawned:${slot}`, `ready:${slot}`, `draining:${slot}`]),
    );
    await server.stop();
    expect(server.of('reload-started')).toHaveLength(2);
  });

  brief('TERM during a reload stops everything and leaves no orphan', async () => {
    const server = await start({ env: { BOOT_MS: '2000' } });
    const from = server.lines.length;
    server.signal('SIGHUP');
    await server.event('spawned', { from });
    expect(await server.stop()).toBe(0);
    const pids = server.of('spawned').map(({ pid }) => pid as number);
    for (const pid of pids) expect(() => process.kill(pid, 0)).toThrow('ESRCH');
    expect(server.of('reload-finished')[0]).toMatchObject({ outcome: 'aborted' });
  });
});
