/** A client's error costs only its own request. */
import { once } from 'node:events';
import net from 'node:net';
import { MixedLoad } from './support/load.ts';
import { endServers, fixture, startServer, type TestServer } from './support/server.ts';

afterEach(endServers);

let server: TestServer;
let load: MixedLoad;

async function serve(args: string[] = []): Promise<void> {
  server = await startServer(fixture('mixed.mjs'), { workers: 2, args });
  load = new MixedLoad({ port: server.port }).start();
  await load.flow(20);
}

async function expectUndisturbed(): Promise<void> {
  await load.flow(20);
  await load.stop();
  expect(load.failures).toEqual([]);
  expect(server.of('crashed')).toEqual([]);
  expect(server.of('spawned')).toHaveLength(2);
}

/** Sends, and reads until the server closes. */
async function answerTo(send: (socket: net.Socket) => void): Promise<string> {
  const socket = net.connect(server.port, '127.0.0.1', () => send(socket));
  let answer = '';
  socket.setEncoding('utf8').on('data', (part) => {
    answer += part;
  });
  // The server may close while it has not read all of the request.
  socket.on('error', () => {});
  await once(socket, 'close');
  return answer;
}

test('what is no HTTP gets 400', async () => {
  await serve();
  const junk = ['\x16\x03\x01\x02\0\x01\0\x01\xfc\x03\x03', 'hello?\r\n\r\n', 'GET / HTTP/9.9\r\n\r\n'];
  for (const bytes of junk) {
    expect(await answerTo((socket) => socket.write(bytes, 'latin1'))).toMatch(/^HTTP\/1\.1 400 /);
  }
  await expectUndisturbed();
});

test('headers above the limit get 431', async () => {
  await serve();
  const request = `GET / HTTP/1.1\r\nHost: a\r\nX-Big: ${'x'.repeat(20_000)}\r\n\r\n`;
  expect(await answerTo((socket) => socket.write(request))).toMatch(/^HTTP\/1\.1 431 /);
  await expectUndisturbed();
});

test('headers that drip get 408 when --headers-timeout is over', async () => {
  await serve(['--headers-timeout', '5']);
  const answer = answerTo((socket) => {
    socket.write('GET / HTTP/1.1\r\nHost: a\r\n');
    const drip = setInterval(() => socket.write('X-Drip: 1\r\n'), 100);
    socket.on('end', () => clearInterval(drip)).on('close', () => clearInterval(drip));
  });
  expect(await answer).toMatch(/^HTTP\/1\.1 408 /);
  await expectUndisturbed();
});

test('a client that leaves in the middle of its request or of its answer disturbs nobody', async () => {
  await serve();
  const leaveAfter = (bytes: string, data: boolean) =>
    new Promise((resolve) => {
      const socket = net.connect(server.port, '127.0.0.1', () => {
        socket.write(bytes);
        if (!data) setImmediate(() => socket.resetAndDestroy());
      });
      socket.once('data', () => socket.resetAndDestroy()).once('close', resolve);
    });
  await leaveAfter('POST /upload HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\nhalf', false);
  await leaveAfter('GET /stream?ms=500 HTTP/1.1\r\nHost: a\r\n\r\n', true);
  await expectUndisturbed();
});
