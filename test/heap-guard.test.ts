/**
 * Apps that fill V8's heap or a control group. The long suite fills both up to the limit. GROUP_RECYCLES: for how many
 * recycles the group fills up.
 *
 * No test lets a heap fill up under the guard: with a limit this small V8 may end the worker while its replacement boots
 * (docs/recycling.md).
 */
import { ControlGroup } from './support/cgroup.ts';
import { directory, ownDirectory } from './support/directory.ts';
import { ask, MixedLoad } from './support/load.ts';
import { brief, isLong, thorough, times } from './support/long.ts';
import { fixture, startServer, type TestServer } from './support/server.ts';

const GROUP_RECYCLES = times('GROUP_RECYCLES', 1, 1);
/** Small enough to be full within seconds. */
const NODE_OPTIONS = '--max-old-space-size=64';

ownDirectory();

const recycles = (server: TestServer, count: number) =>
  server.until(`${count} recycles`, () => server.of('recycling').length >= count, 90_000);

const leaking = (args: readonly string[], leakKb: number): Promise<TestServer> =>
  startServer(fixture('leaks-into-its-heap.mjs'), {
    workers: 2,
    env: { NODE_OPTIONS, HEAP_MB: '50', LEAK_KB: String(leakKb) },
    args,
  });

brief('a worker whose heap is near its limit is recycled start-first, with figures', async () => {
  const server = await startServer(fixture('nearly-fills-its-heap.mjs'), {
    workers: 1,
    env: { NODE_OPTIONS, FILL_MB: '40' },
    // Far from the limit, so that nothing but the guard can end the worker.
    args: ['--heap-guard', '50%'],
  });
  const first = server.pidOf(0);
  await ask({ port: server.port }, { path: '/fill', agent: false });
  expect(await server.event('recycling')).toMatchObject({
    msg: expect.stringMatching(
      /by --heap-guard 50% \(heap \d+ MB of 64 MB after a full collection, [6-9]\d%\)/,
    ),
  });
  await server.until('its replacement', () => server.of('exited').length === 1);
  expect(server.of('exited')).toMatchObject([{ pid: first }]);
  const order = server.lines.map(({ event }) => event);
  expect(order.lastIndexOf('ready')).toBeLessThan(order.indexOf('draining'));
  expect(server.of('crashed')).toEqual([]);
});

thorough('without the guard the same app is ended by V8', async () => {
  const server = await leaking(['--heap-guard', '0'], 200);
  const load = new MixedLoad({ port: server.port }).start();
  expect(await server.event('crashed')).toMatchObject({
    msg: expect.stringMatching(/out of memory, V8's heap limit/),
  });
  await load.stop();
  expect(server.of('recycling')).toEqual([]);
});

const group = isLong ? ControlGroup.withMemory(512 * 1024 * 1024) : undefined;
afterAll(() => group?.remove());
const inGroup = group ? test : test.skip;

inGroup(
  'a control group that fills up costs its largest worker a recycle, and the kernel kills none',
  async () => {
    const server = await startServer(fixture('fills-its-group.mjs'), {
      workers: 2,
      // Most of it is filled at once, and the last 8 % take ten seconds: a leak that is faster than a replacement
      // starts ends in a kill (docs/recycling.md).
      env: { AT_ONCE_MB: '150', KB_PER_SECOND: '2000', DIRECTORY: directory },
      ...(group && { through: group.through }),
    });
    const load = new MixedLoad({ port: server.port }).start();
    await recycles(server, GROUP_RECYCLES);
    await load.flow(50);
    await load.stop();
    expect(load.failures).toEqual([]);
    expect(server.of('crashed')).toEqual([]);
    for (const { msg } of server.of('recycling')) {
      expect(msg).toMatch(/by --heap-guard 92% \(control group 4\d\d MB of 512 MB, 9\d%; it holds \d+ MB/);
    }
    const kills = group?.read(`memory.${group.version === 1 ? 'oom_control' : 'events'}`);
    expect(kills).toMatch(/^oom_kill 0$/m);
  },
);
