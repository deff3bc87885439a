/** The app and Envoy are told more than a scrape tells: the load in each response, and which instance a worker is. */
import { ask } from './support/load.ts';
import { endServers, fixture, startServer } from './support/server.ts';

afterEach(endServers);

test('with the option each response tells the load of its worker; without it none does', async () => {
  const plain = await startServer(fixture('tells-all-environment.mjs'));
  const server = await startServer(fixture('tells-all-environment.mjs'), {
    workers: 2,
    args: ['--endpoint-load-metrics'],
  });
  const answerOf = ({ port }: { port: number }) => ask({ port }, { path: '/', agent: false });
  expect((await answerOf(plain)).headers).not.toHaveProperty('endpoint-load-metrics');
  expect((await answerOf(server)).headers['endpoint-load-metrics']).toMatch(
    /^TEXT application_utilization=[\d.]+,cpu_utilization=[\d.]+,rps_fractional=[\d.]+,eps=0$/,
  );
});

test('each process is an instance of its own to OpenTelemetry, the replacement of a worker too', async () => {
  const server = await startServer(fixture('tells-all-environment.mjs'), {
    env: { OTEL_SERVICE_NAME: 'shop' },
  });
  const idOf = async () => {
    const { body } = await ask({ port: server.port }, { path: '/', agent: false });
    return JSON.parse(body).OTEL_RESOURCE_ATTRIBUTES as string;
  };
  const first = await idOf();
  expect(first).toMatch(/^service\.instance\.id=[0-9a-f-]{36}$/);
  expect(await idOf()).toBe(first);
  expect(await server.reload()).toMatchObject({ outcome: 'committed' });
  expect(await idOf()).not.toBe(first);
});
