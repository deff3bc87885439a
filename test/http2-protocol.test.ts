/** The cases of h2spec (https://github.com/summerwind/h2spec, by the sections of RFC 9113), written anew. */
import net from 'node:net';
import {
  fields,
  frame,
  HIGHEST,
  Http2Client,
  numbers,
  PREFACE,
  request,
  settings,
} from './support/http2-client.ts';
import { brief, thorough } from './support/long.ts';
import { endServers, fixture, startServer, type TestServer } from './support/server.ts';

let server: TestServer;
let client: Http2Client;
beforeAll(async () => {
  server = await startServer(fixture('http2-app.mjs'), { args: ['--http2'] });
});
beforeEach(async () => {
  client = await Http2Client.connect(server.port);
});
afterEach(() => void client.socket.destroy());
afterAll(() => endServers());

const PROTOCOL = 1;
const FLOW = 3;
const CLOSED = 5;
const SIZE = 6;
const COMPRESSION = 9;

const get = fields(request('/'));
const post = fields(request('/echo', { ':method': 'POST' }));
const slow = fields(request('/slow'));
const headers = (list: Parameters<typeof fields>[0], flags = 5, id = 1) =>
  frame('headers', flags, id, fields(list));
const without = (name: string) => Object.entries(request('/')).filter(([key]) => key !== name);
const also = (...more: [string, string][]) => [...Object.entries(request('/')), ...more];

/** Each ends the connection, with one of these codes. */
const OF_CONNECTION: readonly (readonly [section: string, code: number | number[], frames: Buffer[]])[] = [
  [
    '4.2 a frame above SETTINGS_MAX_FRAME_SIZE',
    SIZE,
    [frame('headers', 4, 1, post), frame('data', 1, 1, Buffer.alloc(16_385))],
  ],
  ['4.3 a broken header block', COMPRESSION, [frame('headers', 5, 1, Buffer.from([0x40, 0x85, 0x61]))]],
  [
    '4.3 PRIORITY within a block',
    PROTOCOL,
    [frame('headers', 1, 1, get), frame('priority', 0, 3, Buffer.concat([numbers(0), Buffer.from([1])]))],
  ],
  [
    '4.3 HEADERS of another stream within a block',
    PROTOCOL,
    [frame('headers', 1, 1, get), frame('headers', 5, 3, get)],
  ],
  ['5.1 DATA on an idle stream', PROTOCOL, [frame('data', 1, 1, 'x')]],
  ['5.1 RST_STREAM on an idle stream', PROTOCOL, [frame('reset', 0, 1, numbers(8))]],
  ['5.1 WINDOW_UPDATE on an idle stream', PROTOCOL, [frame('windowUpdate', 0, 1, numbers(100))]],
  ['5.1 CONTINUATION on an idle stream', PROTOCOL, [frame('continuation', 4, 1, get)]],
  ['5.1.1 an even stream', PROTOCOL, [frame('headers', 5, 2, get)]],
  [
    '5.1.1 a stream below the last one',
    [PROTOCOL, CLOSED],
    [frame('headers', 5, 5, get), frame('headers', 5, 3, get)],
  ],
  [
    '5.3.1 HEADERS that depend on themselves',
    PROTOCOL,
    [frame('headers', 0x25, 1, Buffer.concat([numbers(1), Buffer.from([1]), get]))],
  ],
  [
    '5.3.1 PRIORITY that depends on itself',
    PROTOCOL,
    [frame('priority', 0, 1, Buffer.concat([numbers(1), Buffer.from([1])]))],
  ],
  ['5.5 an unknown frame within a block', PROTOCOL, [frame('headers', 1, 1, get), frame(0x16, 0, 0, 'x')]],
  ['6.1 DATA on stream 0', PROTOCOL, [frame('data', 1, 0, 'x')]],
  [
    '6.1 DATA with more padding than frame',
    PROTOCOL,
    [frame('headers', 4, 1, post), frame('data', 9, 1, Buffer.from([6, 0x74, 0x65]))],
  ],
  ['6.2 HEADERS on stream 0', PROTOCOL, [frame('headers', 5, 0, get)]],
  [
    '6.2 HEADERS with more padding than frame',
    PROTOCOL,
    [frame('headers', 0x0d, 1, Buffer.concat([Buffer.from([200]), get]))],
  ],
  [
    '6.3 PRIORITY on stream 0',
    PROTOCOL,
    [frame('priority', 0, 0, Buffer.concat([numbers(0), Buffer.from([1])]))],
  ],
  ['6.3 PRIORITY of a wrong length', SIZE, [frame('priority', 0, 1, numbers(0))]],
  ['6.4 RST_STREAM on stream 0', PROTOCOL, [frame('reset', 0, 0, numbers(8))]],
  [
    '6.4 RST_STREAM of a wrong length',
    SIZE,
    [frame('headers', 4, 1, post), frame('reset', 0, 1, Buffer.alloc(3))],
  ],
  ['6.5 an acknowledgement with a payload', SIZE, [frame('settings', 1, 0, settings([3, 100]))]],
  ['6.5 SETTINGS on a stream', PROTOCOL, [frame('settings', 0, 1, settings([3, 100]))]],
  ['6.5 SETTINGS of a wrong length', SIZE, [frame('settings', 0, 0, Buffer.alloc(3))]],
  ['6.5.2 ENABLE_PUSH of 2', PROTOCOL, [frame('settings', 0, 0, settings([2, 2]))]],
  [
    '6.5.2 INITIAL_WINDOW_SIZE above the highest',
    FLOW,
    [frame('settings', 0, 0, settings([4, HIGHEST + 1]))],
  ],
  ['6.5.2 MAX_FRAME_SIZE below the least', PROTOCOL, [frame('settings', 0, 0, settings([5, 16_383]))]],
  ['6.5.2 MAX_FRAME_SIZE above the highest', PROTOCOL, [frame('settings', 0, 0, settings([5, 16_777_216]))]],
  ['6.6 PUSH_PROMISE', PROTOCOL, [frame('pushPromise', 4, 1, Buffer.concat([numbers(2), get]))]],
  ['6.7 PING on a stream', PROTOCOL, [frame('ping', 0, 1, Buffer.alloc(8))]],
  ['6.7 PING of a wrong length', SIZE, [frame('ping', 0, 0, Buffer.alloc(6))]],
  ['6.8 GOAWAY on a stream', PROTOCOL, [frame('goaway', 0, 1, numbers(0, 0))]],
  ['6.9 WINDOW_UPDATE of 0 for the connection', PROTOCOL, [frame('windowUpdate', 0, 0, numbers(0))]],
  ['6.9 WINDOW_UPDATE of a wrong length', SIZE, [frame('windowUpdate', 0, 0, Buffer.alloc(3))]],
  [
    '6.9.1 a window above the highest',
    FLOW,
    [frame('windowUpdate', 0, 0, numbers(HIGHEST)), frame('windowUpdate', 0, 0, numbers(HIGHEST))],
  ],
  [
    '6.10 CONTINUATION after END_HEADERS',
    PROTOCOL,
    [frame('headers', 4, 1, post), frame('continuation', 4, 1, get)],
  ],
  [
    '6.10 CONTINUATION on stream 0',
    PROTOCOL,
    [frame('headers', 1, 1, get), frame('continuation', 4, 0, get)],
  ],
  ['6.10 DATA within a block', PROTOCOL, [frame('headers', 0, 1, post), frame('data', 1, 1, 'x')]],
];

thorough.each(OF_CONNECTION)('%s ends the connection', async (_section, codes, frames) => {
  client.write(...frames);
  expect([codes].flat()).toContain(await client.goaway());
  await client.closed;
});

const named = (name: string) => also([name, 'x']);
const OF_STREAM: readonly (readonly [section: string, code: number | number[], frames: Buffer[]])[] = [
  ['5.1 DATA after END_STREAM', CLOSED, [frame('headers', 5, 1, slow), frame('data', 1, 1, 'x')]],
  [
    '6.9 WINDOW_UPDATE of 0',
    PROTOCOL,
    [frame('headers', 4, 1, post), frame('windowUpdate', 0, 1, numbers(0))],
  ],
  [
    '6.9.1 a window above the highest',
    FLOW,
    [frame('headers', 4, 1, post), frame('windowUpdate', 0, 1, numbers(HIGHEST))],
  ],
  [
    '8.1 HEADERS again without END_STREAM',
    PROTOCOL,
    [frame('headers', 4, 1, post), headers([['x-a', 'b']], 4)],
  ],
  ['8.1.2 a name in upper case', PROTOCOL, [headers(named('X-Upper'))]],
  [
    '8.1.2.1 an unknown pseudo field',
    PROTOCOL,
    [headers([[':unknown', 'x'], ...Object.entries(request('/'))])],
  ],
  [
    '8.1.2.1 a pseudo field of responses',
    PROTOCOL,
    [headers([[':status', '200'], ...Object.entries(request('/'))])],
  ],
  [
    '8.1.2.1 a pseudo field in trailers',
    PROTOCOL,
    [frame('headers', 4, 1, post), headers([[':method', 'GET']], 5)],
  ],
  [
    '8.1.2.1 a pseudo field behind others',
    PROTOCOL,
    [headers([['x-a', 'b'], ...Object.entries(request('/'))])],
  ],
  ['8.1.2.2 connection', PROTOCOL, [headers(also(['connection', 'keep-alive']))]],
  ['8.1.2.2 te other than trailers', PROTOCOL, [headers(also(['te', 'trailers, deflate']))]],
  ['8.1.2.3 an empty :path', PROTOCOL, [headers(request(''))]],
  ['8.1.2.3 no :method', PROTOCOL, [headers(without(':method'))]],
  ['8.1.2.3 no :scheme', PROTOCOL, [headers(without(':scheme'))]],
  ['8.1.2.3 no :path', PROTOCOL, [headers(without(':path'))]],
  ['8.1.2.3 :method twice', PROTOCOL, [headers([[':method', 'GET'], ...Object.entries(request('/'))])]],
  ['8.2.1 a line break in a value', PROTOCOL, [headers(also(['x-a', 'b\r\nx-c: d']))]],
  ['8.2.1 a space before a value', PROTOCOL, [headers(also(['x-a', ' b']))]],
  ['8.3.1 a host that is not :authority', PROTOCOL, [headers(also(['host', 'y']))]],
  ['8.1.1 a content-length without content', PROTOCOL, [headers(also(['content-length', '1']))]],
];

thorough.each(OF_STREAM)(
  '%s ends the stream, and the connection goes on',
  async (_section, codes, frames) => {
    client.write(...frames);
    expect([codes].flat()).toContain(await client.reset(1));
    client.write(frame('headers', 5, 3, get));
    await expect(client.answerOn(3)).resolves.toMatchObject({ status: 200 });
  },
);

const ACCEPTED: readonly (readonly [section: string, frames: Buffer[]])[] = [
  ['4.1 an unknown frame', [frame(0x42, 0xff, 0, 'x')]],
  ['4.1 unknown flags', [frame('ping', 0xfe, 0, Buffer.alloc(8))]],
  ['4.1 a reserved bit', [frame('windowUpdate', 0, 0x8000_0000, numbers(1))]],
  [
    '5.1 PRIORITY on an idle stream',
    [frame('priority', 0, 99, Buffer.concat([numbers(0), Buffer.from([1])]))],
  ],
  ['6.5 unknown settings', [frame('settings', 0, 0, settings([0xff, 1]))]],
  [
    '6.5.3 many values of one setting: the last counts',
    [frame('settings', 0, 0, settings([4, 1], [4, 65_535]))],
  ],
  ['6.7 PING', [frame('ping', 0, 0, 'tshorn!!')]],
];

thorough.each(ACCEPTED)('%s is no error', async (_section, frames) => {
  client.write(...frames);
  await expect(client.ask(request('/'))).resolves.toMatchObject({ status: 200 });
});

brief('3.4 what is no preface is no HTTP/2, and SETTINGS has to be the first frame', async () => {
  const socket = net.connect(server.port, '127.0.0.1');
  socket.write('PRI * HTTP/2.0\r\n\r\nSX\r\n\r\n');
  await new Promise((resolve) => socket.once('close', resolve).resume());
  const other = new Http2Client(net.connect(server.port, '127.0.0.1'), Buffer.alloc(0));
  other.socket.destroy();
  const bare = net.connect(server.port, '127.0.0.1');
  bare.write(Buffer.concat([Buffer.from(PREFACE), frame('ping', 0, 0, Buffer.alloc(8))]));
  const received = Buffer.concat(await bare.toArray());
  // Ours is the first, and GOAWAY the last.
  expect([received[3], received.includes(frame('goaway', 0, 0).subarray(3, 9))]).toEqual([4, true]);
});

brief('6.9.2 windows follow the initial size, below zero too', async () => {
  client.polite = false;
  client.write(frame('settings', 0, 0, settings([4, 3])), frame('headers', 5, 1, get));
  const first = await client.frame('data', ({ type }) => type === 'data');
  expect(first.payload.toString()).toBe('hel');
  client.write(frame('settings', 0, 0, settings([4, 1])), frame('windowUpdate', 0, 1, numbers(3)));
  await client.frame('one more', ({ type, payload }) => type === 'data' && payload.toString() === 'l');
  client.write(frame('settings', 0, 0, settings([4, 65_535])));
  await client.frame(
    'the rest',
    ({ type, payload, flags }) => type === 'data' && payload.toString() === 'o' && flags === 1,
  );
});
