import fs from 'node:fs';
import http from 'node:http';
import net from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { ask, stream, textLines } from './client.ts';

let directory: string;
let socket: string;
const servers: net.Server[] = [];

beforeEach(() => {
  directory = fs.mkdtempSync(path.join(tmpdir(), 'tshorn-'));
  socket = path.join(directory, 's.sock');
});
afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => new Promise((resolve) => server.close(resolve))));
  fs.rmSync(directory, { recursive: true });
});

async function listen(server: net.Server): Promise<void> {
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(socket, resolve));
}
const serve = (handler: http.RequestListener): Promise<void> => listen(http.createServer(handler));
const speak = (text: string): Promise<void> =>
  listen(net.createServer((connection) => connection.once('data', () => connection.end(text))));

async function linesOf(answer: AsyncIterable<unknown>): Promise<unknown[]> {
  const lines: unknown[] = [];
  for await (const line of answer) lines.push(line);
  return lines;
}

const NO_LIMIT = 'HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n';

test('a body is sent as JSON, and the answer is parsed', async () => {
  await serve(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += chunk;
    response.end(JSON.stringify({ method: request.method, url: request.url, body }));
  });
  expect(await ask(socket, '/status')).toEqual({ method: 'GET', url: '/status', body: '' });
  expect(await ask(socket, '/reload?wait=0', { by: 'x' })).toEqual({
    method: 'POST',
    url: '/reload?wait=0',
    body: '{"by":"x"}',
  });
});

test('a refusal is ERR_STATE, a wrong request ERR_CONTROL, both with the words of the master', async () => {
  await serve((request, response) => {
    response.writeHead(request.url === '/stop' ? 409 : 400).end('{"error":"no, since"}');
  });
  await expect(ask(socket, '/stop', {})).rejects.toMatchObject({ code: 'ERR_STATE', message: 'no, since' });
  await expect(linesOf(stream(socket, '/stop', {}))).rejects.toMatchObject({ code: 'ERR_STATE' });
  await expect(ask(socket, '/x', {})).rejects.toMatchObject({ code: 'ERR_CONTROL', message: 'no, since' });
});

test('a stream that falls silent is that of a master that does not answer, and not of one that has ended', async () => {
  await serve((_, response) => void response.write('event: snapshot\n'));
  const lines = textLines(socket, '/events', undefined, { silentMs: 50 });
  expect((await lines.next()).value).toBe('event: snapshot');
  await expect(lines.next()).rejects.toMatchObject({
    code: 'ERR_CONTROL',
    message: expect.stringContaining('no answer within'),
  });
});

test('an answer that stops in its middle has a time limit, unless it is one that may be silent', async () => {
  let end = () => {};
  await serve((request, response) => {
    response.write('{}\n');
    if (request.url === '/reload') end = () => void response.end('{}\n');
  });
  const slow = linesOf(stream(socket, '/reload', {}));
  await expect(linesOf(textLines(socket, '/logs'))).rejects.toMatchObject({
    message: expect.stringContaining('no answer within 5 s'),
  });
  end();
  expect(await slow).toEqual([{}, {}]);
});

test('a stream yields each line as soon as it is whole, also one that is cut inside a character', async () => {
  const sent = [Buffer.from('{"msg":"a"}\n{"m'), Buffer.from('sg":"ü"}\n')];
  const [head, tail] = sent as [Buffer, Buffer];
  let go = () => {};
  await serve((_, response) => {
    response.write(Buffer.concat([head, tail.subarray(0, 6)]));
    go = () => response.end(tail.subarray(6));
  });
  const answer = stream(socket, '/reload', {});
  expect((await answer.next()).value).toEqual({ msg: 'a' });
  go();
  expect((await answer.next()).value).toEqual({ msg: 'ü' });
  expect((await answer.next()).done).toBe(true);
});

test('a stream that breaks off ends: the lines before are there', async () => {
  await serve((request, response) => response.write('{"msg":"a"}\n{"ms', () => request.socket.destroy()));
  expect(await linesOf(stream(socket, '/stop', {}))).toEqual([{ msg: 'a' }]);
});

test('a reader that leaves a stream closes its connection', async () => {
  let closed: Promise<unknown> = Promise.resolve();
  await serve((_, response) => {
    closed = new Promise((resolve) => response.once('close', resolve));
    response.write('{"msg":"a"}\n');
  });
  for await (const line of stream(socket, '/reload', {})) {
    expect(line).toEqual({ msg: 'a' });
    break;
  }
  await closed;
});

test('no socket, a dead one, a file: each has its sentence', async () => {
  await expect(ask(socket, '/status')).rejects.toMatchObject({
    code: 'ERR_CONTROL',
    message: `cannot ask the master at ${socket}: no such socket`,
    fix: expect.stringContaining('TSHORN_CONTROL'),
  });
  fs.writeFileSync(socket, '');
  await expect(ask(socket, '/status')).rejects.toThrow('its master has ended');
});

test.each([
  ['SSH-2.0-OpenSSH_9\r\n', 'the server there is not a tshorn master'],
  [`${NO_LIMIT}<html>`, 'is not a tshorn master'],
  ['', 'the master ended during the request'],
  ['HTTP/1.1 200 OK\r\ncontent-length: 99\r\n\r\n{"a"', 'the master ended during the request'],
])('an answer of %j: %s', async (text, words) => {
  await speak(text);
  const failure = { code: 'ERR_CONTROL', message: expect.stringContaining(words) };
  await expect(ask(socket, '/status')).rejects.toMatchObject(failure);
});

test('an abort rejects with its reason and closes the connection', async () => {
  const closed = new Promise((resolve) => {
    void serve((request) => request.socket.once('close', resolve));
  });
  const ending = new AbortController();
  const reason = new Error('enough');
  const asked = ask(socket, '/status', undefined, { signal: ending.signal });
  setImmediate(() => ending.abort(reason));
  await expect(asked).rejects.toBe(reason);
  await closed;
});
