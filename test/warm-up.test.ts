import { ask } from './support/load.ts';
import { endServers, fixture, startServer, type TestServer } from './support/server.ts';

afterEach(endServers);

const APP = fixture('counts-requests.mjs');
const countsOf = async ({ port }: TestServer) => JSON.parse((await ask({ port }, { path: '/counts' })).body);
const warnings = ({ lines }: TestServer) =>
  lines.filter(({ event, level }) => event === 'worker-log' && level === 40).map(({ msg }) => msg);

test('a worker asks the paths in turn, after the probe, before it takes traffic', async () => {
  const args = ['--warm-up', '/,/api/items', '--warm-up-requests', '31'];
  const server = await startServer(APP, { args });
  expect(await countsOf(server)).toEqual({
    'GET /_status tshorn-probe': 1,
    'GET / tshorn-warm-up': 16,
    'GET /api/items tshorn-warm-up': 15,
  });
  expect(warnings(server)).toEqual([]);
  const told = server.lines.findIndex(({ msg }) => msg.includes('warm-up: 31/31 requests in'));
  expect(told).toBeGreaterThan(0);
  expect(told).toBeLessThan(server.lines.findIndex(({ event }) => event === 'ready'));
});

test('without paths nothing is asked', async () => {
  const server = await startServer(APP);
  expect(Object.keys(await countsOf(server))).toEqual(['GET /_status tshorn-probe']);
});

test('a path that fails is told once by its name, and the worker serves', async () => {
  const args = ['--warm-up', '/', '--warm-up', '/fails,/unknown', '--warm-up-requests', '12'];
  const server = await startServer(APP, { args });
  expect(warnings(server).sort()).toEqual([
    expect.stringContaining('warm-up: /fails: answered 500 Internal Server Error; the worker is admitted'),
    expect.stringContaining('warm-up: /unknown: answered 404 Not Found; the worker is admitted'),
  ]);
  expect(await countsOf(server)).toMatchObject({ 'GET /fails tshorn-warm-up': 4 });
});

test('a path that hangs costs --warm-up-timeout, and the worker serves', async () => {
  const args = ['--warm-up', '/hangs', '--warm-up-timeout', '300ms', '--boot-timeout', '20s'];
  const server = await startServer(APP, { args });
  expect(warnings(server)).toEqual([
    expect.stringContaining('warm-up: /hangs: no answer within --warm-up-timeout 0.3 s'),
  ]);
  expect(await countsOf(server)).toMatchObject({ 'GET /hangs tshorn-warm-up': 4 });
});

test('the time of the warm-up counts in the time that the master gives to the probe', async () => {
  // Without it 2.5 s of hook, 1 s of probe and 1 s to spare: less than what the warm-up takes.
  const short = ['--hook-timeout', '2500ms', '--probe-timeout', '1s', '--probe-attempts', '1'];
  const args = [...short, '--probe-interval', '0', '--warm-up', '/hangs', '--warm-up-timeout', '5s'];
  const server = await startServer(APP, { args });
  expect(server.of('broken')).toEqual([]);
});
