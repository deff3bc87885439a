import { once } from 'node:events';
import http2 from 'node:http2';
import { pollUntil } from './support/eventually.ts';
import { fields, frame, Http2Client, numbers, request, settings } from './support/http2-client.ts';
import { endServers, fixture, startServer, type TestServer } from './support/server.ts';

let server: TestServer;
beforeAll(async () => {
  server = await startServer(fixture('http2-app.mjs'), { args: ['--http2', '--access-log', '-'] });
});
afterAll(() => endServers());

const opened: { destroy(): void }[] = [];
afterEach(() => {
  for (const one of opened.splice(0)) one.destroy();
});

async function connect(own?: Buffer): Promise<Http2Client> {
  const { default: net } = await import('node:net');
  const client = new Http2Client(net.connect(server.port, '127.0.0.1'), own);
  opened.push(client.socket);
  return client;
}

function library(): http2.ClientHttp2Session {
  const client = http2.connect(server.origin);
  opened.push(client);
  return client;
}

/** All of one exchange of Node's own client. */
async function exchange(
  headers: http2.OutgoingHttpHeaders,
  body?: string,
  trailers?: http2.OutgoingHttpHeaders,
) {
  const stream = library().request(headers, {
    waitForTrailers: trailers !== undefined,
    endStream: body === undefined,
  });
  if (trailers) stream.on('wantTrailers', () => stream.sendTrailers(trailers));
  const interim: http2.IncomingHttpHeaders[] = [];
  let last: http2.IncomingHttpHeaders = {};
  let behind: http2.IncomingHttpHeaders = {};
  stream.on('headers', (all) => interim.push(all));
  stream.on('response', (all) => {
    last = all;
  });
  stream.on('trailers', (all) => {
    behind = all;
  });
  if (body !== undefined) stream.end(body);
  let text = '';
  for await (const part of stream.setEncoding('utf8')) text += part;
  return { headers: last, body: text, interim, trailers: behind };
}

const told = async <T>(path: string): Promise<T> => JSON.parse((await exchange({ ':path': path })).body) as T;

test('a request looks as one of HTTP/1 to the app, except for its version', async () => {
  const headers = {
    ':path': '/info?a=b',
    'x-a': 'ä',
    cookie: ['a=1', 'b=2'] as unknown as string,
    accept: ['a', 'b'] as never,
  };
  const { body } = await exchange(headers);
  const info = JSON.parse(body);
  expect(info).toMatchObject({
    httpVersion: '2.0',
    method: 'GET',
    url: '/info?a=b',
    remoteAddress: '127.0.0.1',
    remotePort: expect.any(Number),
    encrypted: false,
  });
  expect(info.headers).toEqual({
    host: `127.0.0.1:${server.port}`,
    'x-a': 'ä',
    cookie: 'a=1; b=2',
    accept: 'a, b',
  });
  expect(info.rawHeaders.slice(0, 2)).toEqual(['host', `127.0.0.1:${server.port}`]);
});

test('trailers both ways, hints before the answer, and no field of the connection', async () => {
  const posted = { ':path': '/trailers', ':method': 'POST' };
  const { trailers, headers } = await exchange(posted, 'body', { 'x-given': '42' });
  expect(trailers).toMatchObject({ 'x-sum': '42' });
  expect(headers['content-length']).toBeUndefined();
  const hinted = await exchange({ ':path': '/hints' });
  expect(hinted.interim).toMatchObject([{ ':status': 103, link: '</a.css>; rel=preload' }]);
  expect(hinted.headers).toMatchObject({ ':status': 200, 'x-upper': 'Yes', date: expect.any(String) });
  expect(Object.keys(hinted.headers)).not.toEqual(expect.arrayContaining(['connection']));
});

test('100 Continue, HEAD, 204 and 304', async () => {
  const waits = library().request({ ':path': '/echo', ':method': 'POST', expect: '100-continue' });
  await once(waits, 'continue');
  waits.end('body');
  expect(String(Buffer.concat(await waits.toArray()))).toBe('body');
  for (const [path, status] of [
    ['/', 200],
    ['/nothing', 204],
    ['/unchanged', 304],
  ] as const) {
    const method = status === 200 ? 'HEAD' : 'GET';
    const { headers, body } = await exchange({ ':path': path, ':method': method });
    expect([headers[':status'], body]).toEqual([status, '']);
  }
});

test('megabytes both ways, with many requests at once on one connection', async () => {
  const client = library();
  const body = Buffer.alloc(1_000_000, 'abc');
  const echoed = Array.from({ length: 8 }, async () => {
    const stream = client.request({ ':path': '/echo', ':method': 'POST' });
    stream.end(body);
    return Buffer.concat(await stream.toArray());
  });
  for (const back of await Promise.all(echoed)) expect(back.equals(body)).toBe(true);
});

test('a client that opens no window slows the app down, and gets all when it does', async () => {
  const client = await connect(settings([1, 0]));
  client.polite = false;
  client.begin(request('/flood'));
  await client.frame('data', ({ type }) => type === 'data');
  const other = await connect();
  const { body } = await other.ask(request('/produced'));
  expect(Number(body)).toBeLessThan(4_000_000);
  const got = () =>
    client.frames.reduce((sum, { type, payload }) => sum + (type === 'data' ? payload.length : 0), 0);
  await pollUntil(() => got() === 65_535);
  client.write(frame('windowUpdate', 0, 0, numbers(100)), frame('windowUpdate', 0, 1, numbers(100)));
  await pollUntil(() => got() === 65_635);
});

test('an app that does not read a body stops its client, and only that stream', async () => {
  const client = await connect();
  await client.frame('settings', ({ type, flags }) => type === 'settings' && flags === 0);
  const id = client.begin(request('/stuck', { ':method': 'POST' }), false);
  for (let sent = 0; sent < 131_072; sent += 16_384) client.write(frame('data', 0, id, Buffer.alloc(16_384)));
  expect(await client.ask(request('/'))).toMatchObject({ body: 'hello' });
  expect(client.frames.some(({ type, stream }) => type === 'windowUpdate' && stream === id)).toBe(false);
  // One byte more than the window.
  client.write(frame('data', 0, id, 'x'));
  expect(await client.reset(id)).toBe(3);
});

test('a request that the client takes back is aborted in the app; one that the app destroys is reset', async () => {
  const before = await told<{ aborted: number; closed: number }>('/gone');
  const client = await connect();
  const id = client.begin(request('/hang', { ':method': 'POST' }), false);
  await client.frame('data', ({ type }) => type === 'data');
  client.write(frame('reset', 0, id, numbers(8)));
  const isTold = async () => {
    const now = await told<typeof before>('/gone');
    return now.aborted === before.aborted + 1 && now.closed === before.closed + 1;
  };
  // Bounded by the deadline of the test.
  while (!(await isTold()));
  const destroyed = client.begin(request('/destroys'));
  expect(await client.reset(destroyed)).toBe(2);
  expect(await client.ask(request('/'))).toMatchObject({ body: 'hello' });
});

test.each(['/too-long', '/too-short'])(
  '%s: a body that is not as its content-length says does not look whole',
  async (path) => {
    const client = await connect();
    expect(await client.reset(client.begin(request(path)))).toBe(2);
  },
);

test('a body that is not as its content-length says is an error of the stream', async () => {
  const client = await connect();
  const post = (length: string) =>
    client.begin(request('/echo', { ':method': 'POST', 'content-length': length }), false);
  const long = post('3');
  client.write(frame('data', 1, long, 'four'));
  expect(await client.reset(long)).toBe(1);
  const short = post('30');
  client.write(frame('data', 1, short, 'four'));
  expect(await client.reset(short)).toBe(1);
});

test('every request has its line in the access log, also those that the app does not see', async () => {
  const client = await connect();
  await client.ask(request('/info'));
  client.begin(request('/malformed', { connection: 'close' }));
  client.begin(
    request('/large', { 'x-a': 'y'.repeat(5_400), 'x-b': 'y'.repeat(5_400), 'x-c': 'y'.repeat(5_400) }),
  );
  await expect(client.ask({ ':method': 'CONNECT', ':authority': 'x:80' })).resolves.toMatchObject({
    status: 501,
  });
  for (const line of [
    /"GET \/info HTTP\/2\.0" 200 \d+/,
    /"GET \/malformed HTTP\/2\.0" 400 -/,
    /"GET \/large HTTP\/2\.0" 431 -/,
    /"CONNECT x:80 HTTP\/2\.0" 501 -/,
  ]) {
    await server.until(`a line ${line}`, () => line.test(server.output));
  }
});

test('WebSockets over HTTP/2 are not announced, and refused', async () => {
  const client = await connect();
  const own = await client.frame('settings', ({ type }) => type === 'settings');
  expect(own.payload.includes(Buffer.from([0, 8]))).toBe(false);
  const list = { ...request('/'), ':method': 'CONNECT', ':protocol': 'websocket' };
  expect(await client.reset(client.begin(list))).toBe(1);
});

test('a block in many frames, padding and a priority, and byte by byte', async () => {
  const client = await connect();
  const block = fields(request('/info', { 'x-long': 'y'.repeat(3_000) }));
  const parts = [block.subarray(0, 10), block.subarray(10, 2_000), block.subarray(2_000)] as const;
  const padded = Buffer.concat([Buffer.from([4]), numbers(0), Buffer.from([16]), parts[0], Buffer.alloc(4)]);
  const bytes = Buffer.concat([
    frame('headers', 0x29, 1, padded),
    frame('continuation', 0, 1, parts[1]),
    frame('continuation', 4, 1, parts[2]),
  ]);
  const answered = client.answerOn(1);
  for (const byte of bytes) client.socket.write(Buffer.from([byte]));
  expect(JSON.parse((await answered).body).headers['x-long']).toHaveLength(3_000);
});

test('an exception of one request costs that request', async () => {
  const client = await connect();
  const other = client.ask(request('/slow'));
  const failing = client.ask(request('/throws'));
  const behind = client.ask(request('/'));
  await expect(failing).resolves.toMatchObject({ status: 500 });
  expect(await other).toMatchObject({ body: 'slow' });
  expect(await behind).toMatchObject({ body: 'hello' });
});

test.each(['/throws-later', '/throws-at-data'])('so does one of %s', async (path) => {
  const client = await connect();
  // At the end of the grace all that are open would be answered, this one first.
  const other = client.ask(request('/never'));
  const failing = client.ask(request(path, { ':method': 'POST' }), 'body');
  const first = Promise.race([other.then(() => 'other'), failing.then(({ status }) => status)]);
  await expect(first).resolves.toBe(500);
  client.socket.destroy();
  await expect(other).rejects.toThrow('no answer');
});
