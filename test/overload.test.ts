/** Overload is survived: what has waited too long gets 503 before the app runs, all else is answered, and nothing is reset. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import http2 from 'node:http2';
import https from 'node:https';
import net from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { socketOf } from './support/control.ts';
import { DEADLINE_MS } from './support/deadline.ts';
import { type Answer, ask } from './support/load.ts';
import { endServers, fixture, startServer, type TestServer } from './support/server.ts';

let directory: string;
let file: string;
beforeEach(() => {
  directory = mkdtempSync(path.join(tmpdir(), 'tshorn-overload-'));
  file = path.join(directory, 'access.log');
});
afterEach(async () => {
  await endServers();
  rmSync(directory, { recursive: true, force: true });
});

const start = (...args: string[]): Promise<TestServer> =>
  startServer(fixture('works-hard.mjs'), {
    args: ['--access-log', file, '--access-log-format', 'json', '--overload', 'shed', ...args],
  });

/** Rejects nothing: a connection that is reset fails the test. */
const flood = (count: number, one: (at: number) => Promise<Answer>): Promise<Answer[]> =>
  Promise.all(Array.from({ length: count }, (_, at) => one(at)));

/** Clients that stand still for a second do not come at once. */
const MOST_ROUNDS = 5;

/** Floods until one round sheds some. Returns the answers of each round. */
async function untilShed<Round>(
  flood: () => Promise<Round>,
  isShed: (round: Round) => boolean,
): Promise<Round[]> {
  const rounds = [await flood()];
  while (!isShed(rounds.at(-1) as Round) && rounds.length < MOST_ROUNDS) rounds.push(await flood());
  return rounds;
}

/** A machine that stands still for a second is an overload, too. */
async function eventually(look: () => Promise<Answer[]>): Promise<Answer[]> {
  let answers = await look();
  for (const end = Date.now() + DEADLINE_MS; withStatus(answers, 503).length > 0 && Date.now() < end; )
    answers = await look();
  return answers;
}

const withStatus = (answers: readonly Answer[], status: number) =>
  answers.filter((one) => one.status === status);

const begunOf = async ({ port }: TestServer): Promise<number> =>
  Number((await ask({ port }, { path: '/count' })).body);

interface Line {
  readonly target: string;
  readonly status: number;
  readonly shed?: string;
}

async function linesOf(server: TestServer): Promise<Line[]> {
  server.signal('SIGTERM');
  expect(await server.exited).toBe(0);
  const lines = readFileSync(file, 'utf8').trimEnd().split('\n');
  return lines.map((line) => JSON.parse(line) as Line);
}

test('what waits for the event loop for too long gets 503 before the app runs; exempt paths, bodies and connections are served', async () => {
  const server = await start('--overload-exempt', '/count');
  const target = { port: server.port };
  const agent = new http.Agent({ keepAlive: true });
  const body = Buffer.alloc(300_000, 'x');
  // A worker that stood still meanwhile may shed one.
  let first = 0;
  while (first < 10) if ((await ask(target, { path: '/busy?1', agent })).status === 200) first++;

  const from = server.lines.length;
  const round = async () => {
    const asked = flood(40, (at) =>
      ask(target, { path: '/busy?50', agent, ...(at % 4 === 0 && { method: 'POST', body }) }),
    );
    const [answers, exempt] = await Promise.all([asked, ask(target, { path: '/count', agent })]);
    expect(exempt.status).toBe(200);
    return answers;
  };
  const rounds = await untilShed(round, (answers) => withStatus(answers, 503).length > 0);
  const answers = rounds.flat();
  const shed = withStatus(answers, 503);
  const served = withStatus(answers, 200);
  expect(shed.length).toBeGreaterThan(0);
  expect(served.length).toBeGreaterThan(0);
  expect(shed.length + served.length).toBe(40 * rounds.length);
  for (const { headers } of shed) expect(headers['retry-after']).toMatch(/^[1-4]$/);
  expect(await begunOf(server)).toBe(first + served.length);
  const begins = () => server.lines.slice(from).filter(({ msg }) => /overload: shedding begins/.test(msg));
  await server.until('the line', () => begins().length > 0);
  expect(begins()).toHaveLength(1);

  const quiet = await eventually(() => flood(10, () => ask(target, { path: '/busy?1', agent })));
  expect(withStatus(quiet, 200)).toHaveLength(10);
  agent.destroy();
  // Nobody is believed who is no trusted proxy.
  const headers = { 'x-request-start': `t=${Date.now() - 60_000}` };
  const strange = await eventually(() => flood(1, () => ask(target, { path: '/busy?1', headers })));
  expect(withStatus(strange, 200)).toHaveLength(1);
  const lines = await linesOf(server);
  const refused = lines.filter(({ status }) => status === 503);
  expect(refused.length).toBeGreaterThanOrEqual(shed.length);
  expect(refused.every((line) => line.shed === 'loop')).toBe(true);
});

test('new connections to an app that computes when its listeners have returned do not wait in the kernel', async () => {
  const server = await start('--overload-exempt', '/count');
  const target = { port: server.port };
  // Each has its own connection, and the event loop accepts one in a turn.
  const round = async () => {
    const asked = flood(100, () => ask(target, { path: '/late?20', agent: false }));
    const [answers, exempt] = await Promise.all([asked, begunOf(server)]);
    return { answers, exempt };
  };
  const rounds = await untilShed(round, ({ answers }) => withStatus(answers, 503).length > 0);
  const answers = rounds.flatMap((one) => one.answers);
  const served = withStatus(answers, 200);
  const shed = withStatus(answers, 503);
  expect(served.length).toBeGreaterThan(0);
  expect(shed.length).toBeGreaterThan(0);
  expect(served.length + shed.length).toBe(100 * rounds.length);
  // It was the last to come, and did not wait for all that the app got.
  expect(rounds.at(-1)?.exempt).toBeLessThan(served.length);
  expect(await begunOf(server)).toBe(served.length);
});

test('an app that waits for a pool gets as many as it answers; X-Request-Start counts; metrics tell both', async () => {
  const server = await start(
    ...['--queue-limit', '100ms', '--trusted-proxies', 'loopback', '--timeout', '9s'],
  );
  const target = { port: server.port };
  const agent = new http.Agent({ keepAlive: true, maxSockets: 500 });
  for (let at = 0; at < 15; at++) await ask(target, { path: '/pool?10', agent });
  const headers = { 'x-request-start': `t=${Date.now() - 60_000}` };
  // A worker that has nothing else to do: the clock of the proxy may be wrong.
  const idle = await eventually(() => flood(1, () => ask(target, { path: '/pool?10', agent, headers })));
  expect(withStatus(idle, 200)).toHaveLength(1);

  const socket = await socketOf(server);
  const shed = async (reason: string) => {
    const { body } = await ask({ socketPath: socket }, { path: '/metrics' });
    const count = new RegExp(`^tshorn_shed_requests_total\\{worker="0",reason="${reason}"\\} (\\d+)$`, 'm');
    return Number(count.exec(body)?.[1]);
  };
  const asked: Promise<Answer>[] = [];
  // Three times what the pool can serve, until the master has been told that the limit has kept some out.
  const isShed = async () => (await shed('limit')) > 0 && (await shed('proxy')) > 0;
  for (const end = Date.now() + DEADLINE_MS; !(await isShed()) && Date.now() < end; ) {
    asked.push(ask(target, { path: '/pool?10', agent, headers }));
    for (let at = 0; at < 15; at++) asked.push(ask(target, { path: '/pool?10', agent }));
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  const answers = await Promise.all(asked);
  expect(withStatus(answers, 503).length).toBeGreaterThan(0);
  expect(withStatus(answers, 503).length + withStatus(answers, 200).length).toBe(asked.length);
  agent.destroy();
  expect(await shed('limit')).toBeGreaterThan(0);
  expect(await shed('proxy')).toBeGreaterThan(0);
  const lines = await linesOf(server);
  expect(server.lines.some(({ msg }) => /overload: shedding has ended: \d+ requests shed/.test(msg))).toBe(
    true,
  );
  const reasons = new Set(lines.map(({ shed }) => shed));
  expect(['proxy', 'limit'].every((reason) => reasons.has(reason))).toBe(true);
});

/** Sends its body when it is told to. */
const expecting = (port: number) =>
  new Promise<{ status: number | undefined; isTold: boolean }>((resolve, reject) => {
    let isTold = false;
    const headers = { expect: '100-continue', 'content-length': 4 };
    const one = http.request({ port, path: '/busy?50', method: 'POST', headers, agent: false }, (response) =>
      resolve({ status: response.resume().statusCode, isTold }),
    );
    one.on('continue', () => {
      isTold = true;
      one.end('body');
    });
    one.once('error', reject).flushHeaders();
  });

test('a client that waits for 100 Continue gets the 503 in its place', async () => {
  const { port } = await start();
  const round = () => Promise.all(Array.from({ length: 30 }, () => expecting(port)));
  const rounds = await untilShed(round, (answers) => answers.some(({ status }) => status === 503));
  const answers = rounds.flat();
  const told = answers.filter(({ isTold }) => isTold);
  expect(told.length).toBeGreaterThan(0);
  expect(told.every(({ status }) => status === 200)).toBe(true);
  const others = answers.filter(({ isTold }) => !isTold);
  expect(others.length).toBeGreaterThan(0);
  expect(others.every(({ status }) => status === 503)).toBe(true);
});

test('over TLS and HTTP/2 it is the same', async () => {
  const pem = fixture('localhost.pem');
  const server = await start('--http2', '--certfile', pem, '--keyfile', pem);
  const tls = { port: server.port, rejectUnauthorized: false };
  const client = http2.connect(`https://127.0.0.1:${server.port}`, { rejectUnauthorized: false });
  const overHttp2 = (path: string) =>
    new Promise<http2.IncomingHttpHeaders>((resolve, reject) => {
      const stream = client.request({ ':path': path });
      stream.once('response', resolve).once('error', reject).resume();
    });
  const overTls = (path: string) =>
    new Promise<http.IncomingMessage>((resolve, reject) => {
      const one = https.get({ ...tls, path, agent: false }, (response) => resolve(response.resume()));
      one.once('error', reject);
    });
  let told = 0;
  const expectingOverHttp2 = (path: string) =>
    new Promise<http2.IncomingHttpHeaders>((resolve, reject) => {
      const stream = client.request({ ':path': path, ':method': 'POST', expect: '100-continue' });
      stream.once('continue', () => {
        told++;
        stream.end('body');
      });
      stream.once('response', resolve).once('error', reject).resume();
    });
  while (Number((await overHttp2('/busy?1'))[':status']) !== 200);
  const isShed = (one: http2.IncomingHttpHeaders) => Number(one[':status']) === 503;
  const round = () =>
    Promise.all([
      Promise.all(Array.from({ length: 30 }, () => overHttp2('/busy?50'))),
      Promise.all(Array.from({ length: 10 }, () => expectingOverHttp2('/busy?50'))),
      Promise.all(Array.from({ length: 5 }, () => overTls('/busy?50'))),
    ]);
  const rounds = await untilShed(round, ([streams]) => streams.some(isShed));
  const streams = rounds.flatMap(([one]) => one);
  const expectant = rounds.flatMap(([, one]) => one);
  const requests = rounds.flatMap(([, , one]) => one);
  const shed = streams.filter(isShed);
  expect(shed.length).toBeGreaterThan(0);
  for (const headers of shed) expect(headers['retry-after']).toMatch(/^[1-4]$/);
  expect(told).toBe(expectant.filter((one) => Number(one[':status']) === 200).length);
  const statuses = [
    ...[...streams, ...expectant].map((one) => Number(one[':status'])),
    ...requests.map((one) => one.statusCode),
  ];
  expect(statuses.every((status) => status === 200 || status === 503)).toBe(true);
  client.close();
});

test('a request whose client has left does not reach the app, though the kernel has kept it', async () => {
  const server = await start();
  const target = { port: server.port };
  const go = path.join(directory, 'go');
  const busy = ask(target, { path: `/block?${go}` });
  await server.until('the event loop is busy', () => server.output.includes('blocked'));
  const leaving = net.connect(server.port, '127.0.0.1');
  await new Promise((resolve) => leaving.write('GET /busy?1 HTTP/1.1\r\nHost: x\r\n\r\n', resolve));
  await new Promise((resolve) => leaving.once('close', resolve).destroy());
  writeFileSync(go, '');
  expect((await busy).status).toBe(200);
  expect(await begunOf(server)).toBe(0);
});
