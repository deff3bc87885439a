/** With a real server and real connections. */
import { once } from 'node:events';
import http from 'node:http';
import net, { type AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { envelope, readToMaster, type Sample } from '@tshorn/core';
import { Meter } from './meter.ts';
import { probe } from './probe.ts';
import { refuseStatus } from './refuse-status.ts';
import { Sampler } from './sample.ts';
import { Http1 } from './transport/http1.ts';

let server: http.Server;
let transport: Http1;
let sampler: Sampler;
let samples: Sample[];

beforeEach(async () => {
  server = http.createServer((request, response) => {
    if (request.url === '/hangs') return;
    if (request.url === '/destroys') return void response.destroy();
    response.statusCode = request.url === '/fails' ? 503 : 200;
    response.end('done');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  samples = [];
  transport = new Http1(server);
  sampler = new Sampler(new Meter(transport), (sample) => samples.push(sample));
});

afterEach(async () => {
  sampler.stop();
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

const port = () => (server.address() as AddressInfo).port;

/** Settles when the connection is closed, whatever came of the request. */
async function get(path: string): Promise<void> {
  const client = net.connect(port(), '127.0.0.1').resume();
  client.on('error', () => {});
  client.write(`GET ${path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`);
  await new Promise((resolve) => client.once('close', resolve));
}

const sum = (counts: readonly number[]) => counts.reduce((total, count) => total + count, 0);
const totals = () => {
  sampler.report();
  const add = (key: 'requests' | 'serverErrors' | 'handlerErrors' | 'uncaught') =>
    samples.reduce((total, sample) => total + sample[key], 0);
  return [add('requests'), add('serverErrors'), add('handlerErrors'), add('uncaught')];
};

describe('Sampler', () => {
  it('counts requests, their latency, and what went wrong', async () => {
    sampler.start();
    for (const path of ['/', '/', '/fails', '/destroys']) await get(path);
    await sleep(20);
    expect(totals()).toEqual([4, 1, 1, 0]);
    expect(samples.reduce((total, { latency }) => total + sum(latency), 0)).toBe(3);
  });

  it('sends a sample at once when three responses were bad', async () => {
    // Without the regular ones.
    const none = setTimeout(() => {}, 60_000).unref();
    const timers = jest.spyOn(globalThis, 'setInterval').mockReturnValueOnce(none);
    sampler.start();
    timers.mockRestore();
    await Promise.all(['/fails', '/fails', '/fails'].map(get));
    expect(samples.map(({ serverErrors }) => serverErrors)).toContain(3);
  });

  it('sends one regularly, and it fits the protocol', async () => {
    sampler.start();
    while (samples.length < 2) await sleep(10);
    const sent = JSON.parse(JSON.stringify(envelope({ type: 'sample', ...samples[0] })));
    expect(readToMaster(sent).message).toEqual({ type: 'sample', ...samples[0] });
    for (const wrong of [{ requests: -1 }, { requests: 1.5 }, { latency: [1] }, { waiting: null }]) {
      expect(readToMaster({ ...sent, ...wrong }).message).toBeUndefined();
    }
  });

  it('knows what waits, and does not count what the client gave up', async () => {
    sampler.start();
    const client = net.connect(port(), '127.0.0.1');
    client.write('GET /hangs HTTP/1.1\r\nHost: x\r\n\r\n');
    await once(server, 'request');
    sampler.report();
    expect(sum(samples.at(-1)?.waiting ?? [])).toBe(1);
    client.destroy();
    while (sum(samples.at(-1)?.waiting ?? []) > 0) {
      await sleep(10);
      sampler.report();
    }
    expect(totals()).toEqual([0, 0, 0, 0]);
  });

  it('does not count a client that resets its connection', async () => {
    sampler.start();
    const client = net.connect(port(), '127.0.0.1');
    client.write('GET /hangs HTTP/1.1\r\nHost: x\r\n\r\n');
    await once(server, 'request');
    client.resetAndDestroy();
    await sleep(50);
    expect(totals()).toEqual([0, 0, 0, 0]);
  });

  it('counts no answer that the worker gives in place of the app', async () => {
    sampler.start();
    const end = refuseStatus(transport, '/_status');
    for (const path of ['/_status', '/_status', '/']) await get(path);
    end();
    expect(totals()).toEqual([1, 0, 0, 0]);
  });

  it('does not count the probe', async () => {
    sampler.start();
    await probe(
      transport,
      {
        statusPath: '/_status',
        statusPathGiven: true,
        statusHeader: [],
        probeTimeout: 1_000,
        probeAttempts: 1,
        probeAttemptsGiven: true,
        probeInterval: 1,
      },
      () => {},
    );
    expect(totals()).toEqual([0, 0, 0, 0]);
  });

  it('leaves nothing behind when it is stopped', async () => {
    const monitors = process.listenerCount('uncaughtExceptionMonitor');
    sampler.start();
    expect(process.listenerCount('uncaughtExceptionMonitor')).toBe(monitors + 1);
    sampler.stop();
    await get('/fails');
    expect(samples).toEqual([]);
    expect(process.listenerCount('uncaughtExceptionMonitor')).toBe(monitors);
  });
});
