/** With a real server and a connection; the master is played by hand. */
import { once } from 'node:events';
import http from 'node:http';
import net from 'node:net';
import type { ToMaster } from '@tshorn/core';
import { Meter } from './meter.ts';
import { OtherServers } from './others/other-servers.ts';
import { type Leave, Service } from './service.ts';
import { Http1 } from './transport/http1.ts';

const listening = () => {
  const create = (net as unknown as { _createServerHandle(...args: unknown[]): unknown })._createServerHandle;
  const handle = create('127.0.0.1', 0, 4) as { getsockname(out: object): void };
  const name = { port: 0 };
  handle.getsockname(name);
  return { handle, address: `127.0.0.1:${name.port}`, port: name.port };
};

const GRACE: Leave = { mode: 'graceful', deadlineMs: 60_000, handoff: false, park: false };
const FAILING: Leave = { ...GRACE, deadlineMs: 50, failing: 'hang' };

const server = http.createServer(() => {});
const sent: ToMaster['type'][] = [];
let client: net.Socket;
let service: Service;

beforeEach(async () => {
  sent.length = 0;
  const transport = new Http1(server);
  service = new Service({
    transport,
    meter: new Meter(transport),
    others: new OtherServers(() => {}),
    options: { backlog: 511, idleLinger: 0, websocketSpread: 0 },
    send: async ({ type }) => void sent.push(type),
    direct: undefined,
    report: async () => {},
    onForceClosed: async () => {},
  });
  const handle = listening();
  await service.accept([handle]);
  client = net.connect(handle.port, '127.0.0.1').on('error', () => {});
  client.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n');
  await once(server, 'request');
  sent.length = 0;
});

afterEach(() => {
  client.destroy();
  server.closeAllConnections();
});

/** A worker that hangs gets all the orders of that time when it has been interrupted. */
test.each([
  ['drained, taken back and told to leave in one turn', [() => {}, () => {}]],
  [
    'told to leave while it is taken back',
    [() => {}, () => new Promise<void>((resolve) => setImmediate(resolve))],
  ],
  ['told to leave a moment after it was taken back', [() => {}, () => Promise.resolve()]],
] as const)('a worker that is %s leaves', async (_name, [first, second]) => {
  const leaving = [service.leave(GRACE)];
  await first();
  void service.accept([listening()]);
  const between = second();
  if (between) await between;
  leaving.push(service.leave(FAILING));
  expect((await Promise.all(leaving)).filter(Boolean)).toHaveLength(1);
  expect(sent.filter((type) => type === 'drained')).toHaveLength(1);
  expect(sent.indexOf('accepting')).toBeLessThan(sent.indexOf('drained'));
});
