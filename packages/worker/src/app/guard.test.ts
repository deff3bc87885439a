import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { guard, type Handler } from './guard.ts';

/** The status line's code and the body; `cut` when the connection ended before the response did. */
async function answerOf(handler: Handler): Promise<string> {
  const server = http.createServer(guard(handler)).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  try {
    const response = await fetch(
      `http://127.0.0.1:${(server.address() as AddressInfo).port}/here?token=secret`,
    );
    return `${response.status} ${await response.text()} ${response.headers.get('x-half') ?? ''}`.trim();
  } catch {
    return 'cut';
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

let written: string;
beforeEach(() => {
  written = '';
  jest.spyOn(process.stderr, 'write').mockImplementation((text) => {
    written += text;
    return true;
  });
});
afterEach(() => jest.restoreAllMocks());

test('a handler that throws is answered with 500, and its stack is told, without a frame of ours', async () => {
  const error = new Error('boom');
  error.stack = error.stack?.replace('\n', '\n    at handle (/srv/app.js:1:2)\n');
  const answer = await answerOf((_req, res) => {
    res.setHeader('x-half', 'done');
    throw error;
  });
  expect(answer).toBe('500 Internal Server Error');
  expect(written).toMatch(/^GET \/here: Error: boom\n\s+at handle \(\/srv\/app\.js:1:2\)\n(?!.*guard)/);
});

test('the text of a failed request never carries its query string', async () => {
  await answerOf(() => Promise.reject(new Error('boom')));
  expect(written).toContain('GET /here: Error: boom');
  expect(written).not.toContain('secret');
});

test('a handler that rejects, with whatever, is answered with 500', async () => {
  expect(await answerOf(() => Promise.reject(undefined))).toBe('500 Internal Server Error');
  expect(written).toContain('GET /here: undefined');
});

test('a response that has begun is force-closed, so that half of it does not look whole', async () => {
  const answer = await answerOf(async (_req, res) => {
    res.write('half');
    throw new Error('late');
  });
  expect(answer).toBe('cut');
});

test('an error behind a finished response changes nothing for the client', async () => {
  const answer = await answerOf(async (_req, res) => {
    res.end('whole');
    throw new Error('after the end');
  });
  expect(answer).toBe('200 whole');
});
