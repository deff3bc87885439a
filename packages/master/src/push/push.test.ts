import dgram from 'node:dgram';
import { once } from 'node:events';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { gunzipSync } from 'node:zlib';
import type { Logger } from '../log.ts';
import type { Family } from '../metrics/family.ts';
import { openPush, type Push } from './push.ts';

const FAMILIES: Family[] = [
  { name: 'tshorn_workers', help: '', type: 'gauge', points: [{ labels: { state: 'ready' }, value: 4 }] },
];
const pushed = {
  observed: { families: async () => FAMILIES, own: async () => FAMILIES },
  logged: { debug: 0, info: 0, warn: 0, error: 2, fatal: 0 },
};

const lines: [level: string, event: string, text: string][] = [];
const writes = (level: string) => (fields: { event: string }, words: string) =>
  void lines.push([level, fields.event, words]);
const log = { info: writes('info'), warn: writes('warn') } as unknown as Logger;

/** A collector; `answer` is changed by the tests. */
let collector: http.Server;
let answer: (request: http.IncomingMessage, response: http.ServerResponse, body: Buffer) => void;
let push: Push | undefined;
let port: number;
beforeEach(async () => {
  lines.splice(0);
  collector = http.createServer(async (request, response) => {
    const parts: Buffer[] = [];
    for await (const part of request) parts.push(part);
    answer(request, response, Buffer.concat(parts));
  });
  collector.listen(0, '127.0.0.1');
  await once(collector, 'listening');
  ({ port } = collector.address() as AddressInfo);
});
afterEach(async () => {
  await push?.close();
  push = undefined;
  collector.closeAllConnections();
  collector.close();
});

const open = async (env: Record<string, string> = {}) => {
  const asked = {
    OTEL_METRICS_EXPORTER: 'otlp',
    OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json',
    OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${port}`,
    OTEL_METRIC_EXPORT_INTERVAL: '10',
    ...env,
  };
  push = await openPush({ statsd: undefined, statsdPrefix: '' }, asked, pushed, log);
};

/** Resolves with the first request. */
const first = () =>
  new Promise<{ request: http.IncomingMessage; body: Buffer }>((resolve) => {
    answer = (request, response, body) => {
      response.end('{}');
      resolve({ request, body });
    };
  });

it('a collector gets the metrics as JSON, with the headers that it wants', async () => {
  const got = first();
  await open({ OTEL_EXPORTER_OTLP_HEADERS: 'api-key=abc', OTEL_SERVICE_NAME: 'shop' });
  const { request, body } = await got;
  expect([request.method, request.url]).toEqual(['POST', '/v1/metrics']);
  expect(request.headers).toMatchObject({ 'api-key': 'abc', 'content-type': 'application/json' });
  const [sent] = JSON.parse(body.toString()).resourceMetrics;
  expect(sent.resource.attributes).toContainEqual({ key: 'service.name', value: { stringValue: 'shop' } });
  expect(sent.scopeMetrics[0].metrics[0].name).toBe('tshorn_workers');
  expect(lines).toEqual([['info', 'push-begun', expect.stringContaining(`127.0.0.1:${port}/v1/metrics`)]]);
});

it('compressed, where the variable asks for it', async () => {
  const got = first();
  await open({ OTEL_EXPORTER_OTLP_COMPRESSION: 'gzip' });
  const { request, body } = await got;
  expect(request.headers['content-encoding']).toBe('gzip');
  expect(gunzipSync(body).toString()).toContain('tshorn_workers');
});

it.each<[string, typeof answer, RegExp, limit?: string]>([
  ['is unavailable', (_request, response) => response.writeHead(503).end('busy'), /the answer is 503: busy/],
  ['does not answer', () => {}, /no answer within 50 ms/, '50'],
  ['closes the connection', (request) => request.socket.destroy(), /socket hang up|ECONNRESET|closed/],
  [
    'rejects a part',
    (_request, response) =>
      response.end('{"partialSuccess":{"rejectedDataPoints":"3","errorMessage":"too old"}}'),
    /3 data points were rejected: too old/,
  ],
])(
  'a collector that %s is one warning, however often; and one line when it works again',
  async (_, fails, reason, limit = '60000') => {
    let asked = 0;
    const failed = new Promise<void>((resolve) => {
      answer = (...args) => {
        asked++;
        fails(...args);
        if (asked === 3) resolve();
      };
    });
    await open({ OTEL_EXPORTER_OTLP_TIMEOUT: limit });
    await failed;
    expect(lines.filter(([level]) => level === 'warn')).toEqual([
      ['warn', 'push-failed', expect.stringMatching(reason)],
    ]);
    const works = new Promise<void>((resolve) => {
      const info = log.info;
      Object.assign(log, {
        info: (fields: { event: string }, words: string) => {
          writes('info')(fields, words);
          if (fields.event === 'push-works') {
            Object.assign(log, { info });
            resolve();
          }
        },
      });
    });
    answer = (_request, response) => response.end();
    await works;
  },
);

it('the end pushes once more, and waits for no collector that is known to fail', async () => {
  const got = first();
  await open({ OTEL_METRIC_EXPORT_INTERVAL: '60000' });
  await push?.close();
  expect((await got).body.toString()).toContain('tshorn_workers');
});

it('a push that is under way at the end is followed by the last one', async () => {
  let asked = 0;
  let closing: Promise<void> | undefined;
  const all = new Promise<void>((resolve) => {
    answer = (_request, response) => {
      asked++;
      closing ??= push?.close();
      response.end('{}');
      if (asked === 2) resolve();
    };
  });
  await open();
  await all;
  await closing;
  expect(asked).toBe(2);
});

it('StatsD gets datagrams at the end, at the latest', async () => {
  const receiver = dgram.createSocket('udp4').bind(0, '127.0.0.1');
  await once(receiver, 'listening');
  const got = once(receiver, 'message');
  const target = { host: '127.0.0.1', port: receiver.address().port };
  const statsd = await openPush({ statsd: target, statsdPrefix: 'shop' }, {}, pushed, log);
  await statsd.close();
  const [message] = await got;
  expect(message.toString()).toBe('shop.gunicorn.workers:4|g\nshop.gunicorn.log.error:2|c');
  // The gauge of a master that is replaced would stand for the workers of the new one.
  const handedOver = once(receiver, 'message');
  const old = await openPush({ statsd: target, statsdPrefix: 'shop' }, {}, pushed, log);
  old.handOver();
  await old.close();
  const [last] = await handedOver;
  expect(last.toString()).toBe('shop.gunicorn.log.error:2|c');
  receiver.close();
});
