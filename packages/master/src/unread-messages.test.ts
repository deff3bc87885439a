import { UnreadMessages } from './unread-messages.ts';

let lines: string[];
let unread: UnreadMessages;
beforeEach(() => {
  lines = [];
  unread = new UnreadMessages((level, { library }, text) => lines.push(`${level} ${library}: ${text}`));
});

test.each([
  [{ topic: 'log4js:message', data: '{}' }, 'log4js', /disableClustering: true/],
  [
    { channel: 'rate_limiter_flexible', type: 'init', opts: {} },
    'rate-limiter-flexible',
    /RateLimiterClusterMaster/,
  ],
  [
    { command: 'init', from: 'cluster-memory-store' },
    '@express-rate-limit/cluster-memory-store',
    /ClusterMemoryStorePrimary/,
  ],
  [{ source: '_sio_adapter', type: 2 }, '@socket.io/cluster-adapter', /setupPrimary/],
  [{ type: 'sticky:connection', data: 'x' }, '@socket.io/sticky', /websocket/],
  [{ type: '@prometheus-io/client:announcement' }, '@prometheus-io/client', /clusterMetrics/],
])('%j is a message of %s: one warning with the way out', (message, library, advice) => {
  unread.sent(7, message);
  unread.sent(8, message);
  expect(lines).toHaveLength(1);
  expect(lines[0]).toMatch(advice);
  expect(lines[0]?.startsWith(`warn ${library}: `)).toBe(true);
});

test('other messages are named once for each kind, by what tells them apart', () => {
  for (const message of [
    { type: 'jobs', id: 1 },
    { type: 'jobs', id: 2 },
    'hello',
    5,
    null,
    { a: 1, b: 2 },
    {},
  ]) {
    unread.sent(7, message);
  }
  const kinds = [
    'type jobs',
    'hello',
    'a number',
    'null',
    'an object with a, b',
    'an object with no members',
  ];
  expect(lines.map((line) => / reads them: (.+) \(docs/.exec(line)?.[1])).toEqual(kinds);
  expect(lines[0]).toMatch(
    /^info undefined: the app in pid=7 sends messages to the master, and nobody there/,
  );
});

test.each([['ready'], ['online'], [{ type: 'axm:monitor', data: {} }], [{ type: 'process:msg' }]])(
  '%j is a convention of PM2 that asks for nothing',
  (message) => {
    unread.sent(7, message);
    expect(lines).toEqual([]);
  },
);

test('an app that makes up kinds without end, or names with control characters, costs eight lines', () => {
  for (let n = 0; n < 100; n++) unread.sent(7, { type: `\u001b[2J${n}\n${'x'.repeat(1e4)}` });
  expect(lines).toHaveLength(8);
  for (const line of lines) expect(line).toMatch(/^[\x20-\x7e]{1,300}$/);
});

test('a library that asks and sends is told about once', () => {
  unread.asks(7, 'prom-client');
  unread.asks(8, 'prom-client');
  unread.asks(8, 'log4js');
  unread.sent(8, { topic: 'log4js:message' });
  expect(lines.map((line) => line.split(':')[0])).toEqual(['warn prom-client', 'info log4js']);
});
