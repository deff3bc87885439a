/** Metrics that the master pushes: nothing that the workers have counted is missing at the end. */
import dgram from 'node:dgram';
import { once } from 'node:events';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';
import { eventually } from './support/eventually.ts';
import { ask } from './support/load.ts';
import { endServers, fixture, startServer } from './support/server.ts';

afterEach(endServers);

interface Body {
  readonly resourceMetrics: readonly [
    { readonly scopeMetrics: readonly [{ readonly metrics: readonly Metric[] }] },
  ];
}

interface Metric {
  readonly name: string;
  readonly histogram?: { readonly dataPoints: readonly { readonly count: string }[] };
}

const requestsIn = (body: Body | undefined): number =>
  (body?.resourceMetrics[0].scopeMetrics[0].metrics ?? [])
    .filter(({ name }) => name === 'http.server.request.duration')
    .flatMap(({ histogram }) => histogram?.dataPoints ?? [])
    .reduce((sum, { count }) => sum + Number(count), 0);

test('OTLP and StatsD get every request of every worker, through a reload and to the end', async () => {
  const bodies: Body[] = [];
  const collector = http.createServer(async (request, response) => {
    bodies.push((await json(request)) as Body);
    response.end('{}');
  });
  collector.listen(0, '127.0.0.1');
  const packets: string[] = [];
  const statsd = dgram.createSocket('udp4', (packet) => packets.push(packet.toString()));
  statsd.bind(0, '127.0.0.1');
  await Promise.all([once(collector, 'listening'), once(statsd, 'listening')]);
  try {
    const server = await startServer(fixture('mixed.mjs'), {
      workers: 2,
      args: ['--statsd', `127.0.0.1:${statsd.address().port}`, '--statsd-prefix', 'shop'],
      env: {
        OTEL_METRICS_EXPORTER: 'otlp',
        OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json',
        OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${(collector.address() as AddressInfo).port}`,
      },
    });
    const requests = async (count: number) => {
      for (let n = 0; n < count; n++) await ask({ port: server.port }, { path: '/', agent: false });
    };
    await requests(7);
    expect(await server.reload()).toMatchObject({ outcome: 'committed' });
    await requests(5);
    await server.stop();
    // The server waits a second for the answer, and no longer.
    await eventually(
      'requests in the last push',
      () => requestsIn(bodies.at(-1)),
      (count) => count === 12,
    );
    const lines = () => packets.flatMap((packet) => packet.split('\n'));
    const sum = (name: string) =>
      lines()
        .filter((line) => line.startsWith(`${name}:`))
        .reduce((total, line) => total + Number(/:(\d+)\|c$/.exec(line)?.[1]), 0);
    // The last ones may still be in the socket.
    while (!lines().includes('shop.gunicorn.workers:0|g')) await once(statsd, 'message');
    expect(sum('shop.gunicorn.requests')).toBe(12);
    expect(sum('shop.gunicorn.request.status.200')).toBe(12);
    expect(
      lines().filter((line) => /^shop\.gunicorn\.request\.duration:[\d.]+\|ms$/.test(line)),
    ).toHaveLength(12);
  } finally {
    collector.close();
    statsd.close();
  }
});
