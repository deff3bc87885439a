/** The admin listener: the master answers those who look at a server, and nothing that they send changes it. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { endServers, fixture, startServer, type TestServer } from './support/server.ts';

const TOKEN = 'a-token-of-some-length';

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(path.join(tmpdir(), 'tshorn-admin-'));
  writeFileSync(path.join(directory, 'token'), `${TOKEN}\n`);
});
afterEach(async () => {
  await endServers();
  rmSync(directory, { recursive: true, force: true });
});

const start = (...args: string[]): Promise<TestServer> =>
  startServer(fixture('says-hello.mjs'), { workers: 2, args: ['--admin', '127.0.0.1:0', ...args] });

interface Reply {
  readonly status: number | undefined;
  readonly headers: http.IncomingHttpHeaders;
  readonly body: string;
}

function request(server: TestServer, target: string, options: http.RequestOptions = {}) {
  const [line] = server.of('admin-listening');
  const url = `http://${String(line?.address).replace('http://', '')}${target}`;
  return http.request(url, { agent: false, ...options });
}

const ask = (server: TestServer, target: string, options: http.RequestOptions = {}): Promise<Reply> =>
  new Promise((resolve, reject) => {
    const asked = request(server, target, options);
    asked.once('error', reject);
    asked.once('response', (response) =>
      text(response).then(
        (body) => resolve({ status: response.statusCode, headers: response.headers, body }),
        reject,
      ),
    );
    asked.end();
  });

test('probes, metrics and status are answered, and nothing can be changed', async () => {
  const server = await start();
  for (const probe of ['/live', '/ready', '/startup']) {
    expect(await ask(server, probe)).toMatchObject({
      status: 200,
      headers: { 'tshorn-workers': 'ready=2/2' },
    });
  }
  expect(await ask(server, '', { path: 'http://a.example/live' })).toMatchObject({ status: 200 });
  expect((await ask(server, '/metrics')).body).toMatch(/^tshorn_workers\{state="ready"\} 2$/m);
  const zipped = await ask(server, '/metrics', { method: 'HEAD', headers: { 'accept-encoding': 'gzip' } });
  expect(zipped.headers).toMatchObject({ 'content-encoding': 'gzip', vary: 'accept-encoding' });
  expect(JSON.parse((await ask(server, '/status')).body)).toMatchObject({ state: 'running', size: 2 });
  expect(await ask(server, '/status', { method: 'POST' })).toMatchObject({
    status: 405,
    headers: { allow: 'GET, HEAD' },
  });
  expect(await ask(server, '/reload')).toMatchObject({
    status: 404,
    body: expect.stringContaining('/metrics'),
  });
});

test('no web page reads the answers under a name of its own, and a probe may have any name', async () => {
  const server = await start();
  const headers = { host: 'evil.example' };
  for (const target of ['/', '/status', '/metrics', '/events']) {
    expect(await ask(server, target, { headers })).toMatchObject({
      status: 421,
      body: expect.stringContaining('"evil.example"'),
    });
  }
  expect((await ask(server, '/ready', { headers })).status).toBe(200);
});

test('with too few ready workers /ready says so, and the server serves', async () => {
  const server = await start('--ready-workers', '3');
  expect(await ask(server, '/ready')).toMatchObject({
    status: 503,
    body: expect.stringContaining('2 of 2 workers ready, --ready-workers is 3'),
  });
  expect((await fetch(server.origin)).status).toBe(200);
});

test('with a token only the probes are free', async () => {
  const server = await start('--admin-token', path.join(directory, 'token'));
  const authorization = `Bearer ${TOKEN}`;
  expect((await ask(server, '/ready')).status).toBe(200);
  expect(await ask(server, '/metrics')).toMatchObject({
    status: 401,
    headers: { 'www-authenticate': expect.any(String) },
  });
  expect((await ask(server, '/metrics', { headers: { authorization: `${authorization}x` } })).status).toBe(
    401,
  );
  expect((await ask(server, '/metrics', { headers: { authorization } })).status).toBe(200);
});

test('a reload whose token cannot be read is refused, and the token before stays', async () => {
  const file = path.join(directory, 'token');
  const server = await start('--admin-token', file);
  rmSync(file);
  expect(await server.reload()).toMatchObject({
    outcome: 'refused',
    reason: expect.stringContaining(`admin-token: cannot read ${file}`),
  });
  const headers = { authorization: `Bearer ${TOKEN}` };
  expect((await ask(server, '/metrics', { headers })).status).toBe(200);
  expect((await ask(server, '/metrics')).status).toBe(401);
});

test('with a token the probes tell nobody else what the app has thrown', async () => {
  const app = path.join(directory, 'app.mjs');
  writeFileSync(app, 'export default (request, response) => response.end();\n');
  const args = ['--admin', '127.0.0.1:0', '--admin-token', path.join(directory, 'token')];
  const server = await startServer(app, { workers: 1, args });
  writeFileSync(app, "throw new Error('secret');\n");
  process.kill(server.pidOf(0), 'SIGKILL');
  await server.event('broken');
  expect(await ask(server, '/ready')).toMatchObject({ status: 503, body: '0 of 1 workers ready\n' });
  const headers = { authorization: `Bearer ${TOKEN}` };
  expect((await ask(server, '/ready', { headers })).body).toMatch(/^0 of 1 workers ready: .*secret/);
});

test('/events tells a reload as it proceeds, and ends with the server', async () => {
  const server = await start();
  let read = '';
  let onSnapshot = () => {};
  const snapshot = new Promise<void>((resolve) => {
    onSnapshot = resolve;
  });
  const ended = new Promise<void>((resolve, reject) => {
    const asked = request(server, '/events');
    asked.once('error', reject);
    asked.once('response', (response) => {
      response.setEncoding('utf8');
      response.on('data', (chunk) => {
        read += chunk;
        if (read.includes('event: snapshot')) onSnapshot();
      });
      response.once('close', resolve);
    });
    asked.end();
  });
  await snapshot;
  expect(await server.reload()).toMatchObject({ outcome: 'committed' });
  server.signal('SIGTERM');
  expect(await server.exited).toBe(0);
  await ended;
  expect(read).toMatch(/event: notice\ndata: .*"event":"reload-finished"/);
});
