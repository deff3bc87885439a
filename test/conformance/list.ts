/** The promises that hold for every kind of app: one list, run against each of them. */
import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { DEADLINE_MS } from '../support/deadline.ts';
import { cases, times } from '../support/long.ts';
import { APPS, type ConformanceApp } from './apps.ts';
import { agentOf, ask, exchange, open } from './client.ts';

/** A server that was started for one app, and is ready. */
export interface Served {
  readonly port: number;
  /** What the server has logged so far; printed when a promise is broken. */
  log(): string;
  stop(): Promise<void>;
}

interface Promised {
  readonly name: string;
  readonly appliesTo?: (app: ConformanceApp) => boolean;
  readonly holds: (port: number) => Promise<void>;
}

const MB = 1024 * 1024;
const BODY_MB = times('BODY_MB', 4, 20);
const sha256 = (body: Buffer) => createHash('sha256').update(body).digest('hex');

const answers500 = (path: string) => async (port: number) => {
  assert.equal((await ask(port, path)).status, 500);
  assert.equal((await ask(port, '/')).status, 200);
};

const endsTheWorker = (path: string) => async (port: number) => {
  assert.equal((await ask(port, path)).status, 500);
  assert.equal((await ask(port, '/')).status, 200);
};

export const PROMISES: readonly Promised[] = [
  {
    name: 'answers a request',
    async holds(port) {
      const { status, body, headers } = await ask(port, '/');
      assert.deepEqual([status, body.toString()], [200, 'hello']);
      assert.match(headers['content-type'] ?? 'text/plain', /^text\/plain/);
      assert.equal((await ask(port, '/nowhere')).status, 404);
    },
  },
  {
    name: 'sends the headers that a response has by itself',
    appliesTo: (app) => app.typed === true,
    async holds(port) {
      for (const method of ['GET', 'HEAD']) {
        const { headers } = await ask(port, '/_status', { method });
        assert.match(headers['content-type'] ?? 'none', /^text\/plain; ?charset=utf-8$/i, method);
      }
    },
  },
  {
    name: 'answers its own status page',
    async holds(port) {
      assert.equal((await ask(port, '/_status')).body.toString(), 'ok');
    },
  },
  {
    name: 'streams a response while it is being made',
    async holds(port) {
      // A client that stood still reads more than the first part at once.
      for (const end = Date.now() + DEADLINE_MS; ; ) {
        const response = await open(port, '/stream');
        assert.equal(response.headers['transfer-encoding'], 'chunked');
        const parts: string[] = [];
        let isWhole = true;
        response.on('data', (part) => {
          if (parts.length === 0) isWhole = response.complete;
          parts.push(String(part));
        });
        await once(response, 'end');
        assert.equal(parts.join(''), 'one\ntwo\nthree\n');
        if (parts[0] === 'one\n' && !isWhole) return;
        assert.ok(Date.now() < end, 'it always comes as a whole');
      }
    },
  },
  {
    name: 'lets a slow reader slow the app down',
    async holds(port) {
      const before = JSON.parse(String((await ask(port, '/seen')).body)).produced;
      const response = await open(port, '/flood');
      // Without a limit the app would produce that much within milliseconds.
      await sleep(200);
      const { produced } = JSON.parse(String((await ask(port, '/seen')).body));
      assert.ok(
        produced - before < 50 * MB,
        `${produced - before} bytes were made for a reader that takes none`,
      );
      response.destroy();
    },
  },
  {
    name: 'carries megabytes both ways unharmed',
    async holds(port) {
      const body = randomBytes(BODY_MB * MB);
      const headers = { 'content-type': 'application/octet-stream' };
      assert.equal(sha256((await ask(port, '/echo', { method: 'POST', headers, body })).body), sha256(body));
      const hashed = await ask(port, '/hash', { method: 'POST', headers, body });
      assert.equal(hashed.body.toString(), sha256(body));
    },
  },
  {
    name: 'answers although nobody reads the body of the request',
    async holds(port) {
      // With `Connection: close` Node closes before it has read the body, and the kernel resets then.
      const headers = { 'content-type': 'application/octet-stream', connection: 'keep-alive' };
      const { body } = await ask(port, '/', { method: 'POST', headers, body: Buffer.alloc(MB) });
      assert.equal(body.toString(), 'hello');
    },
  },
  {
    name: 'tells the app that its client has gone',
    async holds(port) {
      const aborts = async () => JSON.parse(String((await ask(port, '/seen')).body)).aborts;
      const before = await aborts();
      const response = await open(port, '/hang');
      await once(response, 'data');
      response.destroy();
      const end = Date.now() + DEADLINE_MS;
      while ((await aborts()) === before) {
        assert.ok(Date.now() < end, `the app has not seen it after ${DEADLINE_MS} ms`);
        await sleep(20);
      }
    },
  },
  {
    name: 'answers HEAD with headers alone',
    async holds(port) {
      const text =
        'HEAD / HTTP/1.1\r\nHost: x\r\n\r\nGET /_status HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n';
      const received = await exchange(port, text, (all) => all.endsWith('ok') || /\r\n2\r\nok\r\n/.test(all));
      assert.match(received, /^HTTP\/1\.1 200 OK\r\n/);
      assert.ok(!received.includes('hello'), received);
    },
  },
  {
    name: 'sends 100 Continue to a client that waits for it',
    async holds(port) {
      let continued = false;
      const headers = { expect: '100-continue', 'content-type': 'text/plain', 'content-length': 4 };
      const response = await open(port, '/echo', { method: 'POST', headers }, (request) => {
        request.once('continue', () => {
          continued = true;
          request.end('body');
        });
        request.flushHeaders();
      });
      assert.equal(String((await response.toArray())[0]), 'body');
      assert.ok(continued);
    },
  },
  {
    name: 'takes a chunked request with trailers',
    async holds(port) {
      const { body } = await ask(port, '/echo', {
        method: 'POST',
        headers: { 'content-type': 'text/plain', trailer: 'x-sum', 'transfer-encoding': 'chunked' },
        body: Buffer.from('chunked'),
        sendTrailers: { 'x-sum': '1' },
      });
      assert.equal(body.toString(), 'chunked');
    },
  },
  {
    name: 'sends trailers behind a response',
    appliesTo: (app) => app.responseTrailers,
    async holds(port) {
      const { trailers, body } = await ask(port, '/trailers');
      assert.deepEqual([body.toString(), trailers['x-checksum']], ['body', 'abc']);
    },
  },
  {
    name: 'keeps repeated Set-Cookie headers apart',
    async holds(port) {
      const cookies = (await ask(port, '/cookies')).headers['set-cookie'] ?? [];
      assert.equal(cookies.map((cookie) => cookie.split(';')[0]).join(' '), 'a=1 b=2');
    },
  },
  {
    name: 'answers request after request on one connection',
    async holds(port) {
      const agent = agentOf({ keepAlive: true, maxSockets: 1 });
      const ports = new Set<number | undefined>();
      for (let n = 0; n < 5; n++) {
        const response = await open(port, '/', { agent });
        ports.add(response.socket.localPort);
        await response.toArray();
      }
      agent.destroy();
      assert.equal(ports.size, 1);
    },
  },
  {
    name: 'answers a pipelined pair in order',
    async holds(port) {
      const text = 'GET / HTTP/1.1\r\nHost: x\r\n\r\nGET /_status HTTP/1.1\r\nHost: x\r\n\r\n';
      const received = await exchange(
        port,
        text,
        (all) => all.split('HTTP/1.1 200').length === 3 && /ok\b/.test(all.slice(-10)),
      );
      assert.ok(received.indexOf('hello') < received.lastIndexOf('ok'), received);
    },
  },
  {
    name: 'answers 500 when the handler throws',
    appliesTo: (app) => app.guardsSync,
    holds: answers500('/throw-sync'),
  },
  {
    name: 'answers 500 when the handler rejects',
    appliesTo: (app) => app.guardsAsync,
    holds: answers500('/throw-async'),
  },
  {
    name: 'cuts a response that fails half-way, and lives',
    appliesTo: (app) => app.guardsLate,
    async holds(port) {
      await assert.rejects(ask(port, '/throw-late'), /aborted|ECONNRESET|socket hang up/);
      assert.equal((await ask(port, '/')).status, 200);
    },
  },
  {
    name: 'replaces the worker that an uncaught error ended, and answers the next request',
    appliesTo: (app) => !app.guardsSync,
    holds: endsTheWorker('/throw-sync'),
  },
  {
    name: 'replaces the worker that an unhandled rejection ended, and answers the next request',
    appliesTo: (app) => !app.guardsAsync,
    holds: endsTheWorker('/throw-async'),
  },
];

/** One of each kind; the others are another form of one of these. */
const SHORT = [
  'handler.mjs',
  'async-factory.mjs',
  'express.mjs',
  'fastify.mjs',
  'hono.mjs',
  'fetch-object.mjs',
  'http-server.mjs',
  'script.mjs',
  'starts-itself.cjs',
];

/**
 * Registers a jest test for every promise and app.
 * @param short the apps of the short suite
 */
export function runConformance(
  start: (app: string) => Promise<Served>,
  short: readonly string[] = SHORT,
): void {
  describe.each(cases(APPS, ({ app }) => short.includes(app)))('$app', (app) => {
    let served: Served;
    beforeAll(async () => {
      served = await start(app.app);
    });
    afterAll(() => served?.stop());

    test.each(PROMISES.filter(({ appliesTo }) => appliesTo?.(app) ?? true))('$name', async ({ holds }) => {
      try {
        await holds(served.port);
      } catch (error) {
        console.error(`the server's log:\n${served.log()}`);
        throw error;
      }
    });
  });
}
