/** With a real server and clients that send bytes: what a line says of a request that ends in an unusual way. */
import { once } from 'node:events';
import fs from 'node:fs';
import http from 'node:http';
import net, { type AddressInfo } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import type { Duplex } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { Meter } from '../meter.ts';
import { Http1 } from '../transport/http1.ts';
import { AccessLog } from './access-log.ts';

const { OutgoingMessage, ServerResponse } = http;
const prototypes = [OutgoingMessage.prototype, ServerResponse.prototype] as object[];
const kept = prototypes.map((prototype) => Object.getOwnPropertyDescriptors(prototype));

let directory: string;
let file: string;
let server: http.Server;
let log: AccessLog;
const hello: http.RequestListener = (_request, response) => void response.end('hello');
let handler = hello;
const sent: unknown[] = [];
const sockets = new Set<net.Socket>();
// A worker has one for its whole life.
beforeAll(async () => {
  directory = fs.mkdtempSync(path.join(os.tmpdir(), 'tshorn-'));
  file = path.join(directory, 'access.log');
  server = http.createServer((request, response) => handler(request, response));
  const options = {
    accessLogFormat: 'json',
    accessLogSkip: ['/skipped'],
    trustedProxies: [],
    statusPath: '',
  };
  const writer = { slot: 0, generation: 1, pid: 7 };
  log = new AccessLog({ file, options, skipGiven: true, writer, send: (message) => void sent.push(message) });
  log.begin(server, new Meter(new Http1(server)));
  server.on('connection', (socket) => sockets.add(socket));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
});
beforeEach(() => {
  fs.rmSync(file, { force: true });
  log.reopen();
});
afterEach(() => {
  for (const socket of sockets) socket.destroy();
  sockets.clear();
  server.removeAllListeners('upgrade');
  handler = hello;
});
afterAll(async () => {
  server.close();
  await once(server, 'close');
  fs.rmSync(directory, { recursive: true });
  // Another test file in this process has the same node:http.
  for (const [at, prototype] of prototypes.entries()) {
    for (const name of Object.getOwnPropertyNames(prototype)) {
      if (!Object.hasOwn(kept[at] ?? {}, name)) delete (prototype as Record<string, unknown>)[name];
    }
    Object.defineProperties(prototype, kept[at] ?? {});
  }
});

/** Sends each text when something has come for the one before; resolves with all that comes until the server closes. */
async function send(...texts: string[]): Promise<string> {
  return sendTo(server, ...texts);
}

async function sendTo(to: http.Server, ...texts: string[]): Promise<string> {
  const { port } = to.address() as AddressInfo;
  const socket = net.connect(port, '127.0.0.1');
  let answer = '';
  socket.on('data', (data) => {
    answer += data;
    const next = texts.shift();
    if (next !== undefined) socket.write(next);
  });
  socket.on('error', () => {});
  socket.write(texts.shift() ?? '');
  await once(socket, 'close');
  return answer;
}

/** The lines of this test. */
async function lines(count: number): Promise<Record<string, unknown>[]> {
  for (;;) {
    log.flush();
    const text = fs.existsSync(file) ? fs.readFileSync(file, 'utf8') : '';
    const all = text.split('\n').slice(0, -1);
    if (all.length >= count) return all.map((line) => JSON.parse(line) as Record<string, unknown>);
    await sleep(5);
  }
}

const UPGRADE = 'GET /ws HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n';
const SWITCHING = 'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n';

describe('an upgrade has the status and the bytes that the app has written', () => {
  test.each<[string, (socket: net.Socket) => void, Record<string, unknown>]>([
    [
      'a refusal in its end',
      (socket) => socket.end('HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\nno'),
      { status: 403, bytes: 2 },
    ],
    [
      'a refusal in pieces',
      (socket) => {
        for (const piece of ['HTT', 'P/1.1 401 Unauth', 'orized\r\n\r', '\n', 'no']) socket.write(piece);
        socket.end(Buffer.from('body'));
      },
      { status: 401, bytes: 6 },
    ],
    [
      'frames behind the head',
      (socket) => {
        socket.write(`${SWITCHING}fr`);
        socket.end('ames');
      },
      { status: 101, bytes: 6 },
    ],
    ['nothing', (socket) => socket.destroy(), { status: 0, bytes: 0, closed: 'server' }],
  ])('%s', async (_name, answer, expected) => {
    server.on('upgrade', (_request, socket) => answer(socket.resume() as net.Socket));
    await send(UPGRADE);
    expect(await lines(1)).toMatchObject([{ target: '/ws', ...expected }]);
  });
});

test.each([500, 'ECONNRESET', Number.NaN])('the status is the one that was sent, not %p', async (later) => {
  handler = (_request, response) => {
    response.writeHead(404, { connection: 'close' }).end('none');
    response.statusCode = later as number;
  };
  expect(await send('GET /late HTTP/1.1\r\nHost: x\r\n\r\n')).toMatch(/^HTTP\/1.1 404 /);
  expect(await lines(1)).toMatchObject([{ target: '/late', status: 404 }]);
});

test.each<[string, (response: http.ServerResponse) => void]>([
  ['writeHead', (response) => response.writeHead(404)],
  ['its old name', (response) => Reflect.get(response, 'writeHeader')?.call(response, 404)],
  ['the first bytes of the body', (response) => Object.assign(response, { statusCode: 404 }).write('no')],
  ['flushHeaders', (response) => Object.assign(response, { statusCode: 404 }).flushHeaders()],
])('the status is the one in a head that is made by %s', async (_name, begin) => {
  handler = (_request, response) => {
    response.statusCode = 404;
    response.shouldKeepAlive = false;
    begin(response);
    Object.assign(response, { statusCode: 500 }).end('none');
  };
  const sent = await send('GET /head HTTP/1.1\r\nHost: x\r\n\r\n');
  expect(await lines(1)).toMatchObject([{ status: Number(/ (\d+) /.exec(sent)?.[1]) }]);
});

test('the time is that of the wall clock, also when that has been set', async () => {
  const get = 'GET /time HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n';
  await send(get);
  await lines(1);
  const now = jest.spyOn(Date, 'now').mockReturnValue(Date.UTC(2040, 0, 1));
  await send(get);
  now.mockRestore();
  expect((await lines(2))[1]).toMatchObject({
    time: expect.stringMatching(/^20(39-12-31T23:59|40-01-01T00:0)/),
  });
});

test('an upgrade on another server of the app has no line, as its other requests', async () => {
  const refuse = (_request: unknown, socket: Duplex) => socket.end('HTTP/1.1 403 Forbidden\r\n\r\n');
  const other = http.createServer(hello).on('upgrade', refuse);
  new Http1(other);
  other.listen(0, '127.0.0.1');
  await once(other, 'listening');
  const closed = once(other, 'connection').then(([socket]) => once(socket, 'close'));
  expect(await sendTo(other, UPGRADE.replace('/ws', '/other'))).toMatch(/^HTTP\/1.1 403 /);
  await closed;
  other.close();
  server.on('upgrade', refuse);
  await send(UPGRADE);
  expect(await lines(1)).toMatchObject([{ target: '/ws', status: 403 }]);
});

test('interim heads are no bytes of the body', async () => {
  handler = (request, response) => {
    response.writeEarlyHints({ link: '</style.css>; rel=preload' });
    response.writeProcessing();
    request.resume().once('end', () => response.end('answered'));
  };
  const head =
    'POST /up HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 4\r\nExpect: 100-continue\r\n\r\n';
  expect(await send(head, 'body')).toMatch(/^HTTP\/1.1 100 .*HTTP\/1.1 103 .*HTTP\/1.1 102 .*answered$/s);
  expect(await lines(1)).toMatchObject([{ target: '/up', status: 200, bytes: 8 }]);
});

describe('a request that Node refuses has a line', () => {
  const good = 'GET /good HTTP/1.1\r\nHost: x\r\n\r\n';

  test.each([
    ['that is none at all', '\x16\x03\x01\x02\r\n\r\n', {}],
    [
      'that is broken',
      'GET /bad HTTP/1.1\r\n no\r\n\r\n',
      { method: 'GET', target: '/bad', protocol: 'HTTP/1.1' },
    ],
    ['without a protocol', 'GET /bad HTTX\r\n\r\n', { method: 'GET', target: '/bad' }],
  ])('%s', async (_name, text, expected) => {
    expect(await send(text)).toMatch(/^HTTP\/1.1 400 /);
    const [line = {}] = await lines(1);
    const { method, target, protocol, status, bytes } = line;
    expect({ method, target, protocol }).toEqual(expected);
    expect({ status, bytes }).toEqual({ status: 400, bytes: 0 });
  });

  test('behind another in one packet', async () => {
    expect(await send(`${good}BAD /bad HTTP/1.1\r\n\r\n`)).toMatch(/hello$/);
    const all = await lines(2);
    expect(all.find(({ target }) => target === '/good')).toMatchObject({ status: 200, bytes: 5 });
    const bad = { method: 'BAD', protocol: 'HTTP/1.1', status: 0, bytes: 0, closed: 'server' };
    expect(all.find(({ target }) => target === '/bad')).toMatchObject(bad);
  });

  test('once, where its body is broken: the server has ended it', async () => {
    handler = (request, response) => void request.once('end', () => response.end('never'));
    const head = 'POST /body HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n';
    expect(await send(`${head}ZZ\r\n`)).toMatch(/^HTTP\/1.1 400 /);
    expect(await lines(1)).toMatchObject([{ target: '/body', status: 400, bytes: 0, closed: 'server' }]);
    expect(await lines(1)).toHaveLength(1);
  });
});

describe('a request that its client leaves in the middle of is one of 499, as one that is reset', () => {
  const leave = async (text: string) => {
    const { port } = server.address() as AddressInfo;
    const socket = net.connect(port, '127.0.0.1');
    socket.on('error', () => {}).end(text);
    await once(socket.resume(), 'close');
  };

  test.each([
    ['its body', 'POST /up HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\nhello', '/up'],
    ['a chunked body', 'POST /up HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhe', '/up'],
    ['its head', 'GET /up HTTP/1.1\r\nHo', undefined],
  ])('%s', async (_name, text, target) => {
    handler = (request, response) => void request.resume().once('end', () => response.end('never'));
    await leave(text);
    const [line] = await lines(1);
    expect(line).toMatchObject({ status: 499, bytes: 0, closed: 'client' });
    expect(line?.target).toBe(target);
  });
});

describe('a CONNECT has a line', () => {
  const CONNECT = 'CONNECT example.com:443 HTTP/1.1\r\nHost: example.com:443\r\n\r\n';

  test('that nobody answers', async () => {
    expect(await send(CONNECT)).toBe('');
    const expected = { method: 'CONNECT', target: 'example.com:443', status: 0, bytes: 0, closed: 'server' };
    expect(await lines(1)).toMatchObject([expected]);
  });

  test('that the app answers', async () => {
    server.once('connect', (_request, socket) => socket.resume().end('HTTP/1.1 200 OK\r\n\r\ntunnel'));
    expect(await send(CONNECT)).toMatch(/tunnel$/);
    expect(await lines(1)).toMatchObject([{ method: 'CONNECT', status: 200, bytes: 6 }]);
  });
});

test('a file that could not be opened again is told, and that it is open again, once each', () => {
  sent.length = 0;
  fs.rmSync(file, { force: true });
  fs.mkdirSync(file);
  log.reopen();
  fs.rmdirSync(file);
  log.reopen();
  log.reopen();
  expect(sent).toMatchObject([{ state: 'not-reopened', reason: 'EISDIR' }, { state: 'reopened' }]);
});
