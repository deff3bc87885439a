import http from 'node:http';
import { askInProcess } from './ask-in-process.ts';

const ask = (handler: http.RequestListener, more: object = {}) => {
  const server = http.createServer(handler);
  const question = { path: '/_status', userAgent: 'tshorn-probe', timeout: 60_000, ...more };
  return askInProcess((stream) => server.emit('connection', stream), false, question);
};

test('the answer has the status, the headers and the begin of the body', async () => {
  const answer = await ask((_req, res) => res.writeHead(503, { 'x-a': 'b' }).end('é'.repeat(1_000_000)));
  expect(answer).toMatchObject({ code: 503, status: '503 Service Unavailable', headers: { 'x-a': 'b' } });
  expect(answer.body).toBe('é'.repeat(8 * 1024));
});

test('headers replace the usual ones, and one that is given twice is sent twice', async () => {
  const headers = [
    { name: 'Host', value: 'example.com' },
    { name: 'X-List', value: 'a' },
    { name: 'x-list', value: 'b' },
  ];
  const { body } = await ask((req, res) => res.end(JSON.stringify(req.headers)), { headers });
  expect(JSON.parse(body ?? '')).toMatchObject({
    host: 'example.com',
    'x-list': 'a, b',
    'user-agent': 'tshorn-probe',
    connection: 'close',
  });
});

test.each([
  [
    'destroys the connection',
    (req) => req.socket.destroy(),
    'the app closed the connection without an answer',
  ],
  ['ends the connection', (req) => req.socket.end(), 'the app closed the connection without an answer'],
  [
    'destroys its answer',
    (_req, res) => {
      res.write('half');
      setImmediate(() => res.destroy());
    },
    'the app closed the connection in the middle of its answer',
  ],
] satisfies [string, http.RequestListener, string][])(
  'an app that %s is not waited for',
  async (_how, handler, words) => {
    await expect(ask(handler)).rejects.toThrow(words);
  },
);

test('an answer without an end, as an event stream, is told with its status', async () => {
  const stream: http.RequestListener = (_req, res) => res.writeHead(200).write('data: 1\n\n');
  await expect(ask(stream, { timeout: 500 })).rejects.toThrow(
    '200 OK, and the body did not end within 0.5 s',
  );
});
