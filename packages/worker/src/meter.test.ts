/** With a real server and real connections. */
import { once } from 'node:events';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
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

const sum = (counts: readonly number[]) => counts.reduce((total, count) => total + count, 0);

test('requests, statuses by class and durations are counted, and a destroyed response has neither', async () => {
  const end = meter.listen({ finished: () => {} });
  for (const path of ['/200', '/204', '/404', '/503', '/destroys']) await get(path);
  expect(meter.requests).toBe(5);
  expect(meter.statuses.slice(1, 6)).toEqual([0, 2, 0, 1, 1]);
  expect(sum(meter.durations)).toBe(4);
  end();
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
  expect([meter.requests, sum(meter.statuses)]).toEqual([1, 0]);
});

test('a request of the worker itself is not counted, and its observers see it', async () => {
  const seen: string[] = [];
  meter.listen({ begun: ({ request }: Exchange) => void seen.push(request.url ?? '') });
  await transport.ask({ path: '/_status', userAgent: 'probe', timeout: 5_000 });
  expect([meter.requests, sum(meter.statuses), sum(meter.durations)]).toEqual([0, 0, 0]);
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
  const other = http.createServer((_request, response) => response.end()).listen(0, '127.0.0.1');
  await once(other, 'listening');
  await fetch(`http://127.0.0.1:${(other.address() as AddressInfo).port}/`).then((answer) => answer.text());
  other.closeAllConnections();
  other.close();
  expect([meter.requests, sum(meter.statuses)]).toEqual([0, 0]);
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
