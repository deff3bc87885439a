import { once } from 'node:events';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { IN_FLIGHT, InFlight } from './in-flight.ts';
import { Meter } from './meter.ts';
import { Http1 } from './transport/http1.ts';

let server: http.Server;
let inFlight: InFlight;
const agent = new http.Agent({ keepAlive: true });

beforeEach(async () => {
  server = http.createServer((request, response) => {
    if (request.url?.startsWith('/stream')) response.write('part');
    else if (!request.url?.startsWith('/never')) response.end('done');
  });
  inFlight = new InFlight(new Meter(new Http1(server)));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
});

afterEach(async () => {
  agent.destroy();
  server.closeAllConnections();
  server.close();
  await once(server, 'close');
});

/** Resolves when the server has begun with it. */
async function begin(path: string): Promise<http.ClientRequest> {
  const { port } = server.address() as AddressInfo;
  const request = http.get({ port, host: '127.0.0.1', path, agent });
  request.on('error', () => {});
  await once(server, 'request');
  return request;
}

test('what is open is told, the newest first, and what is done is not', async () => {
  const done = await begin('/done');
  const [response] = await once(done, 'response');
  response.resume();
  await once(response, 'end');
  await begin('/never?token=secret');
  await new Promise((resolve) => setTimeout(resolve, 20));
  await begin('/stream');
  expect(inFlight.list()).toMatchObject([
    { method: 'GET', path: '/stream', answering: true },
    { method: 'GET', path: '/never', answering: false },
  ]);
  expect((globalThis as unknown as Record<symbol, () => unknown>)[IN_FLIGHT]?.()).toHaveLength(2);
});

test('the newest is told also when it is done, if it began in that time: it may have held up the loop', async () => {
  const done = await begin('/done?x');
  const [response] = await once(done, 'response');
  response.resume();
  await once(response, 'end');
  expect(inFlight.list()).toEqual([]);
  expect(inFlight.around(60_000)).toMatchObject([{ path: '/done', answering: false }]);
  expect(inFlight.around(0)).toEqual([]);
});

test('those that wait for their headers are told once; a stream does not wait', async () => {
  await begin('/never');
  await begin('/stream');
  expect(inFlight.waiting(60_000).requests).toEqual([]);
  expect(inFlight.waiting(0)).toMatchObject({ requests: [{ path: '/never' }], more: 0 });
  expect(inFlight.waiting(0).requests).toEqual([]);
});
