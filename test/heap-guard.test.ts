/** An app that leaks into V8's heap, under load. LEAK_SECONDS: how long it leaks. */
import { MixedLoad } from './support/load.ts';
import { times } from './support/long.ts';
import { endServers, fixture, startServer, type TestServer } from './support/server.ts';

const LEAK_MS = times('LEAK_SECONDS', 20, 60) * 1_000;
/** Small enough to be full within seconds. */
const NODE_OPTIONS = '--max-old-space-size=64';

afterEach(endServers);

const leaking = (args: readonly string[], leakKb: number): Promise<TestServer> =>
  startServer(fixture('leaks-into-its-heap.mjs'), {
    workers: 2,
    env: { NODE_OPTIONS, LEAK_KB: String(leakKb) },
    args,
  });

test('a worker whose heap fills up is recycled before V8 ends it, and no request fails', async () => {
  const server = await leaking([], 30);
  const load = new MixedLoad({ port: server.port }).start();
  const end = performance.now() + LEAK_MS;
  await server.event('recycling');
  while (performance.now() < end) await load.flow(50);
  await load.stop();
  expect(load.failures).toEqual([]);
  expect(server.of('crashed')).toEqual([]);
  for (const { msg } of server.of('recycling')) {
    expect(msg).toMatch(
      /by --heap-guard 92% \(heap (59|6[0-4]) MB of 64 MB after a full collection, 9[2-9]%\)/,
    );
  }
}, 150_000);

test('without the guard the same app is ended by V8', async () => {
  const server = await leaking(['--heap-guard', '0'], 30);
  const load = new MixedLoad({ port: server.port }).start();
  expect(await server.event('crashed')).toMatchObject({
    msg: expect.stringMatching(/out of memory, V8's heap limit/),
  });
  await load.stop();
  expect(server.of('recycling')).toEqual([]);
}, 90_000);
