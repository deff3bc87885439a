/** With a real server and real connections. */
import { once } from 'node:events';
import http from 'node:http';
import net, { type AddressInfo } from 'node:net';
import { Meter } from './meter.ts';
import { Http1 } from './transport/http1.ts';
import type { Exchange } from './transport/transport.ts';

let server: http.Server;
let transport: Http1;
let meter: Meter;
const agent = new http.Agent({ keepAlive: true });

beforeEach(async () => {
  server = http.createServer((request, response) => {
    if (request.url === '/never') return;
    if (request.url === '/destroys') return void response.destroy();
    response.statusCode = Number(request.url?.slice(1)) || 200;
    response.end();
  });
  transport = new Http1(server);
  meter = new Meter(transport);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
});
afterEach(async () => {
  server.closeAllConnections();
  server.close();
  await once(server, 'close');
});
afterAll(() => agent.destroy());

/** Resolves when the response has ended, or the connection has. */
const get = (path: string) =>
  new Promise<void>((resolve) => {
    const { port } = server.address() as AddressInfo;
    const request = http.get({ port, host: '127.0.0.1', path, agent });
    request.once('response', (response) => response.resume().once('close', resolve));
    request.once('error', () => resolve());
  });

test('begins, ends and aborted requests are told, each once, with the time that they took', async () => {
  const ended: (number | string)[] = [];
  const times: number[] = [];
  const end = meter.listen({
    finished: ({ response }, tookMs) => {
      ended.push(response.statusCode);
      times.push(tookMs);
    },
    aborted: ({ request }, tookMs, count) => {
      ended.push(`${request.url} ${count}`);
      times.push(tookMs);
    },
  });
  for (const path of ['/200', '/204', '/404', '/503', '/destroys']) await get(path);
  expect([meter.requests, meter.active]).toEqual([5, 0]);
  expect(ended).toEqual([200, 204, 404, 503, '/destroys 1']);
  expect(times.every((ms) => ms >= 0 && ms < 60_000)).toBe(true);
  end();
});

test('a client that goes away aborts its request, and those that it has pipelined behind it', async () => {
  const aborted = new Promise<unknown[]>((resolve) => {
    meter.listen({ aborted: ({ request }, _tookMs, count) => resolve([request.url, count]) });
  });
  const { port } = server.address() as AddressInfo;
  const client = net.connect(port, '127.0.0.1');
  const ask = (path: string) => `GET ${path} HTTP/1.1\r\nHost: x\r\n\r\n`;
  let seen = 0;
  const all = new Promise<void>((resolve) => server.on('request', () => ++seen === 3 && resolve()));
  client.write(ask('/never') + ask('/200') + ask('/200'));
  await all;
  expect(meter.active).toBe(3);
  client.destroy();
  expect(await aborted).toEqual(['/never', 3]);
  expect(meter.active).toBe(0);
});

test('when the process ends, open requests are aborted, and told once', async () => {
  const aborted: unknown[] = [];
  meter.listen({ aborted: ({ request }) => void aborted.push(request.url) });
  const ended = get('/never');
  await once(server, 'request');
  meter.abortAll();
  server.closeAllConnections();
  await ended;
  expect([aborted, meter.active]).toEqual([['/never'], 0]);
});

test('while nobody wants the ends, no response pays for them, and requests are counted all the same', async () => {
  const unsubscribe = jest.fn();
  jest.spyOn(transport, 'onFinished').mockReturnValue(unsubscribe);
  const end = meter.listen({ finished: () => {} });
  expect(transport.onFinished).toHaveBeenCalledTimes(1);
  expect(unsubscribe).not.toHaveBeenCalled();
  end();
  expect(unsubscribe).toHaveBeenCalledTimes(1);
  await get('/200');
  expect([meter.requests, meter.active]).toEqual([1, 0]);
});

test('a request of the worker itself is not counted, and its observers see it', async () => {
  const seen: string[] = [];
  meter.listen({ begun: ({ request }: Exchange) => void seen.push(request.url ?? ''), finished: () => {} });
  await transport.ask({ path: '/_status', userAgent: 'probe', timeout: 5_000 });
  expect([meter.requests, meter.active]).toEqual([0, 0]);
  expect(seen).toEqual(['/_status']);
});

test('open requests are known until they end, with the time of their begin', async () => {
  const before = performance.now();
  void get('/never');
  await once(server, 'request');
  const [open] = meter.open();
  expect(open?.response.req.url).toBe('/never');
  expect(open?.begunAt).toBeGreaterThanOrEqual(before);
  await get('/200');
  expect(meter.open()).toHaveLength(1);
  expect(meter.newest?.response.req.url).toBe('/200');
});

test('requests of another server in the process are not counted', async () => {
  meter.listen({ finished: () => {} });
  const other = http.createServer((_request, response) => response.end()).listen(0, '127.0.0.1');
  await once(other, 'listening');
  await fetch(`http://127.0.0.1:${(other.address() as AddressInfo).port}/`).then((answer) => answer.text());
  other.closeAllConnections();
  other.close();
  expect([meter.requests, meter.active]).toEqual([0, 0]);
});

test('a listener that ends its subscription while it is called keeps no other from being called', async () => {
  const calls: string[] = [];
  const end = meter.listen({
    finished: () => {
      calls.push('first');
      end();
    },
  });
  const endSecond = meter.listen({ finished: () => void calls.push('second') });
  await get('/200');
  await get('/200');
  endSecond();
  expect(calls).toEqual(['first', 'second', 'second']);
});
