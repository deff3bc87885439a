/** An app that crashes at every boot after having been good: what is told, and how it comes back. */
import { rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Command, request, socketOf } from './support/control.ts';
import { directory, ownDirectory } from './support/directory.ts';
import { brief, thorough, times } from './support/long.ts';
import { scrape } from './support/scrape.ts';
import { fixture, startServer, type TestServer } from './support/server.ts';

/** For how long the log is watched. */
const SECONDS = times('CRASH_LOOP_SECONDS', 4, 8);

let crash: string;
ownDirectory();
beforeEach(() => {
  crash = path.join(directory, 'crash');
});

const start = (workers = 2): Promise<TestServer> =>
  startServer(fixture('crashes-while-told.mjs'), {
    workers,
    env: { CRASH: crash, XDG_RUNTIME_DIR: directory, TMPDIR: directory },
  });

/** From now on it crashes at every boot, and nobody is left. */
async function loop(server: TestServer): Promise<void> {
  writeFileSync(crash, '');
  for (const pid of server.readyPids) process.kill(pid, 'SIGKILL');
  await server.event('degraded');
}

test('a crash loop is told in few lines, its connects wait, and a mended app is back within a step', async () => {
  const server = await start();
  const from = server.lines.length;
  await loop(server);
  expect(server.of('degraded')[0]?.msg).toMatch(/degraded: 0 of 2 workers ready: /);
  const answer = fetch(server.origin).then((response) => response.text());
  await sleep(SECONDS * 1_000);
  expect(server.lines.length - from).toBeLessThan(50);
  const summary = server.of('crash-loop').at(-1) ?? (await server.event('crash-loop'));
  expect(summary.msg).toMatch(
    /2 workers keep failing: \d+ failures in \d+ s, next attempts in up to \d+ s; last: .*exit code 7/,
  );
  rmSync(crash);
  expect(await answer).toBe('hello');
  // A step may take 30 s.
  await server.until('recovered', () => server.of('recovered', from).length > 0, 60_000);
  expect(server.of('ready', from)).toHaveLength(2);
});

thorough('the status names each slot in back-off, with its next attempt and the reason', async () => {
  const server = await start();
  await loop(server);
  const socket = await socketOf(server);
  let status: { backoff?: unknown[] } = {};
  while (status.backoff?.length !== 2) {
    await sleep(100);
    status = JSON.parse((await request(socket, 'GET', '/status')).text);
  }
  expect(status).toMatchObject({
    state: 'running',
    degraded: { ready: 0, size: 2, reason: expect.stringContaining('exit code 7') },
    backoff: [
      { slot: 0, failures: expect.any(Number), reason: expect.stringContaining('exit code 7') },
      { slot: 1, nextMs: expect.any(Number) },
    ],
  });
  const values = await scrape(server);
  const exits = (reason: string) => values[`tshorn_worker_exits_total{reason="${reason}"}`];
  expect([exits('crash'), exits('killed')]).toEqual([2, 0]);
  expect(exits('boot')).toBeGreaterThanOrEqual(2);
  const { out } = await new Command(['status', String(server.pid)], {
    XDG_RUNTIME_DIR: directory,
    TMPDIR: directory,
  }).ended;
  expect(out).toMatch(/degraded +0 of 2 workers ready for \d+s: .*exit code 7/);
});

thorough('a good release commits in a crash loop, and the back-off is forgotten', async () => {
  const server = await start();
  await loop(server);
  rmSync(crash);
  const from = server.lines.length;
  expect(await server.reload()).toMatchObject({ outcome: 'committed', replaced: 2 });
  await server.event('recovered', { from });
  expect(server.readyPids).toHaveLength(2);
  const [pid] = server.readyPids;
  process.kill(pid as number, 'SIGKILL');
  await server.event('ready', { from: server.lines.length });
});

thorough('a release that is as broken changes nothing', async () => {
  const server = await start();
  await loop(server);
  const verdict = await server.reload();
  expect(verdict).toMatchObject({ outcome: 'rolled-back', serving: 1 });
  rmSync(crash);
  await server.event('recovered');
});

thorough('a scale to the same size makes the slots try again at once', async () => {
  const server = await start();
  await loop(server);
  await server.until('a long pause', () =>
    server.of('crash-loop').some(({ nextMs }) => Number(nextMs) > 1_000),
  );
  rmSync(crash);
  await request(await socketOf(server), 'POST', '/scale', JSON.stringify({ to: 2, by: 'test' }));
  await server.event('recovered');
});

describe('the end of a worker in words', () => {
  brief('killed by somebody', async () => {
    const server = await start(1);
    process.kill(server.readyPids[0] as number, 'SIGKILL');
    expect((await server.event('crashed')).msg).toMatch(
      /killed by SIGKILL, not by tshorn: another process sent it, or the kernel .*it held \d+ MB.*after \d+\.\ds of service/,
    );
  });

  brief("V8's heap is full", async () => {
    const server = await startServer(fixture('fills-its-heap.mjs'), {
      env: { NODE_OPTIONS: '--max-old-space-size=40' },
    });
    await fetch(`${server.origin}/fill`).catch(() => {});
    expect((await server.event('crashed')).msg).toMatch(/SIGABRT: .*--max-old-space-size/);
  });
});
