/**
 * A host whose port refuses connections while its check still answers, until HAProxy marks it down: each request that
 * comes to it is tried on another host, and none may be lost at the moment of the mark.
 */
import { once } from 'node:events';
import fs from 'node:fs';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { directory, ownDirectory } from '../support/directory.ts';
import { HAProxy, hasHAProxy } from '../support/haproxy.ts';
import { root } from '../support/server.ts';

const ROUNDS = 8;
const CLIENTS = 60;
/** Between two marks: enough for each host to have many. */
const REQUESTS = 400;
const SERVING = ['127.0.0.11', '127.0.0.13'];
const REFUSES = '127.0.0.12';

let balancer: HAProxy | undefined;
const servers: http.Server[] = [];
afterEach(async () => {
  await balancer?.end();
  for (const server of servers.splice(0)) server.close().closeAllConnections();
});
ownDirectory();

async function listen(address: string, port: number, answer: http.RequestListener): Promise<number> {
  const server = http.createServer(answer).listen(port, address);
  servers.push(server);
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

async function onAll(addresses: readonly string[], answer: http.RequestListener): Promise<number> {
  let port = 0;
  for (const address of addresses) port = await listen(address, port, answer);
  return port;
}

/** Requests without an end. */
class Crowd {
  answered = 0;
  readonly failures: string[] = [];
  #ends = false;
  readonly #socketPath: string;
  #all: Promise<unknown>;

  constructor(socketPath: string) {
    this.#socketPath = socketPath;
    // A failure looks otherwise on a connection that has served before.
    this.#all = Promise.all(Array.from({ length: CLIENTS }, (_, i) => this.#asks(i % 2 === 0)));
  }

  async #asks(keepAlive: boolean): Promise<void> {
    const agent = new http.Agent({ keepAlive, maxSockets: 1 });
    while (!this.#ends) {
      const failure = await ask({ socketPath: this.#socketPath, agent });
      if (failure) this.failures.push(failure);
      this.answered++;
    }
    agent.destroy();
  }

  end(): Promise<unknown> {
    this.#ends = true;
    return this.#all;
  }
}

const ask = (options: http.RequestOptions): Promise<string | undefined> =>
  new Promise((resolve) => {
    http
      .get(options, (response) => {
        response.resume().on('close', () => {
          resolve(response.statusCode === 200 ? undefined : `status ${response.statusCode}`);
        });
      })
      .on('error', ({ message }) => resolve(message));
  });

async function start(example: string, app: number, check: number): Promise<[HAProxy, string]> {
  const [file, stats, frontend] = ['haproxy.cfg', 'stats', 'frontend'].map((name) =>
    path.join(directory, name),
  ) as [string, string, string];
  const text = fs
    .readFileSync(path.join(root, 'examples/hosts/haproxy', example), 'utf8')
    .replace('/run/haproxy/admin.sock', stats)
    .replace('log /dev/log local0', 'log stdout format raw local0')
    .replace('  bind :80\n', `  bind unix@${frontend}\n`)
    .replace('check port 9464 inter 1s', `check port ${check} inter 100ms`)
    .replace(/^.* agent-check .*$/m, '')
    .replace(/10\.0\.0\.(1\d):8000/g, `127.0.0.$1:${app}`);
  fs.writeFileSync(file, text);
  return [await HAProxy.run(file, stats, (command) => command), frontend];
}

(hasHAProxy ? test : test.skip).each(['agent-check.cfg', 'httpchk.cfg'])(
  '%s: a request that is tried on another host is not lost when the first one is marked down',
  async (example) => {
    let refuses = false;
    const app = await onAll(
      SERVING,
      (_, response) => void setTimeout(() => response.end(), Math.random() * 20),
    );
    const check = await onAll([...SERVING, REFUSES], ({ socket }, response) => {
      response.writeHead(refuses && socket.localAddress === REFUSES ? 503 : 200).end();
    });
    const [haproxy, frontend] = await start(example, app, check);
    balancer = haproxy;
    await haproxy.until('frontend', () => fs.existsSync(frontend));
    const crowd = new Crowd(frontend);
    for (let round = 0; round < ROUNDS; round++) {
      refuses = false;
      await haproxy.sees('web2', 'UP');
      const { answered } = crowd;
      await haproxy.until(`${REQUESTS} requests`, () => crowd.answered > answered + REQUESTS);
      refuses = true;
      await haproxy.sees('web2', 'DOWN');
    }
    await crowd.end();
    expect([crowd.failures, haproxy.output.match(/.* D[A-Z-]{3} .*/g)]).toEqual([[], null]);
    // The host was tried.
    expect(Number((await haproxy.server('web2')).wredis)).toBeGreaterThan(ROUNDS);
  },
);
