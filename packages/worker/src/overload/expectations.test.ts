import http from 'node:http';
import { duplexPair } from 'node:stream';
import { refuse } from './answer.ts';
import { Expectations } from './expectations.ts';

const HEAD = 'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\nExpect: 100-continue\r\n\r\n';

/** The app answers with the body. */
function serverOf(isShed: boolean) {
  const server = http.createServer((request, response) => void request.pipe(response));
  const expectations: Expectations = new Expectations(server, (_request, response) => {
    if (!isShed) return false;
    setImmediate(() => {
      expectations.refused(response);
      refuse(response, 'loop');
    });
    return true;
  });
  return server;
}

/** Resolves with all that comes until the connection ends. @param body sent at the `100 Continue` */
const told = (server: http.Server, sent: string, body?: string) =>
  new Promise<string>((resolve) => {
    const [client, inside] = duplexPair();
    let text = '';
    client.setEncoding('latin1').on('data', (chunk) => {
      // Not at once: the parser that has read the head is still at it.
      if (text === '' && body !== undefined) setImmediate(() => client.write(body));
      text += chunk;
    });
    client.on('end', () => resolve(text));
    server.emit('connection', inside);
    client.write(sent);
  });

const NEXT = 'GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n';
const statusesOf = (text: string) => text.match(/HTTP\/1\.1 \d+/g)?.map((line) => Number(line.slice(-3)));

test('a request that is shed is told no 100, and its connection closes', async () => {
  const text = await told(serverOf(true), HEAD);
  expect(text).toMatch(/^HTTP\/1\.1 503 /);
  expect(text).toMatch(/^connection: close\r$/im);
});

test('a client that has not waited keeps its connection', async () => {
  const text = await told(serverOf(true), `${HEAD}body${NEXT}`);
  expect(statusesOf(text)).toEqual([100, 503, 200]);
});

test('the client of one that the app gets is told to send', async () => {
  const text = await told(serverOf(false), HEAD, `body${NEXT}`);
  expect(statusesOf(text)).toEqual([100, 200, 200]);
  expect(text).toContain('body');
});

test('an app that listens to expectations answers them', async () => {
  const server = serverOf(true);
  server.on('checkContinue', (_request, response) => response.writeHead(413).end());
  const text = await told(server, HEAD);
  expect(statusesOf(text)).toEqual([413]);
});
