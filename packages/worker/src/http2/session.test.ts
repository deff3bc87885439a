import { once } from 'node:events';
import http from 'node:http';
import net, { type AddressInfo } from 'node:net';
import { fields, frame, Http2Client, numbers, request } from '../../../../test/support/http2-client.ts';
import { closedBy } from '../access-log/connection.ts';
import { Session } from './session.ts';

const ends: (() => void)[] = [];
afterEach(() => {
  for (const end of ends.splice(0)) end();
});

/** One connection, whose requests are answered by the app. */
async function served(app: http.RequestListener) {
  const server = http.createServer(app);
  const sessions: Session[] = [];
  const listener = net.createServer((socket) => sessions.push(new Session(server, socket, () => {})));
  listener.listen(0, '127.0.0.1');
  await once(listener, 'listening');
  const client = await Http2Client.connect((listener.address() as AddressInfo).port);
  ends.push(
    () => listener.close(),
    () => client.socket.destroy(),
  );
  return { client, server, session: () => sessions[0] as Session };
}

const post = request('/', { ':method': 'POST' });

describe('a response that ends before the body of its request has come', () => {
  const part = Buffer.alloc(16_384);

  test('ends the stream with NO_ERROR when nobody reads the body (RFC 9113, section 8.1)', async () => {
    let aborted = 0;
    const { client } = await served((incoming, response) => {
      incoming.on('aborted', () => aborted++);
      response.end('no body read');
    });
    for (let round = 0; round < 210; round++) {
      const id = client.begin(post, false);
      const answered = client.answerOn(id);
      for (let sent = 0; sent < 8; sent++) client.write(frame('data', 0, id, part));
      expect(await answered).toEqual({ status: 200, body: 'no body read' });
      expect(await client.reset(id)).toBe(0);
    }
    // What was on its way when the stream ended is no flood.
    expect([client.notices, aborted]).toEqual([[], 0]);
  });

  test('leaves the rest of the body to an app that reads it', async () => {
    let end = (_length: number): void => {};
    const whole = new Promise<number>((resolve) => {
      end = resolve;
    });
    const { client } = await served((incoming, response) => {
      let length = 0;
      incoming.on('data', (chunk: Buffer) => {
        length += chunk.length;
      });
      incoming.on('end', () => end(length));
      response.end('early');
    });
    const id = client.begin(post, false);
    expect(await client.answerOn(id)).toMatchObject({ body: 'early' });
    for (let sent = 0; sent < 4; sent++) client.write(frame('data', sent === 3 ? 1 : 0, id, part));
    expect(await whole).toBe(4 * part.length);
  });
});

test('the app sees by its fields that a body comes, as with HTTP/1.1', async () => {
  const { client } = await served(({ headers, rawHeaders }, response) => {
    const { 'transfer-encoding': encoding = 'none', 'content-length': length = 'none' } = headers;
    const given = rawHeaders.filter((_text, at) => at % 2 === 0).join();
    response.end(`${encoding} ${length} ${given}`);
  });
  const chunked = client.ask(post, 'body');
  const long = client.ask({ ...post, 'content-length': '4' }, 'body');
  const without = client.ask(post);
  expect((await chunked).body).toBe('chunked none host,transfer-encoding');
  expect((await long).body).toBe('none 4 host,content-length');
  expect((await without).body).toBe('none none host');
});

describe('what a client has this end reset, or answers unasked, is bounded', () => {
  const get = fields(request('/'));
  const open = fields(post);
  const one = fields({ ...post, 'content-length': '1' });
  const FLOODS: Record<string, (id: number) => Buffer[]> = {
    'DATA behind the end (MadeYouReset, CVE-2025-8671)': (id) => [
      frame('headers', 5, id, get),
      frame('data', 0, id, 'x'),
    ],
    'fields again without an end': (id) => [frame('headers', 4, id, open), frame('headers', 4, id, get)],
    'more than the content-length': (id) => [frame('headers', 4, id, one), frame('data', 1, id, 'xx')],
    'a window update of 0': (id) => [frame('headers', 5, id, get), frame('windowUpdate', 0, id, numbers(0))],
    'a window above the highest': (id) => [
      frame('headers', 5, id, get),
      frame('windowUpdate', 0, id, numbers(2 ** 31 - 1)),
    ],
    'acknowledged PINGs': () => [frame('ping', 1, 0, Buffer.alloc(8))],
    'acknowledged SETTINGS': () => [frame('settings', 1, 0)],
  };

  test.each(Object.entries(FLOODS))('%s', async (_name, flood) => {
    let asked = 0;
    const { client } = await served(() => asked++);
    const end = client.goaway();
    const rounds = Array.from({ length: 3_000 }, (_, round) => Buffer.concat(flood(2 * round + 1)));
    client.write(...rounds);
    expect(await end).toBe(11);
    await client.closed;
    expect(asked).toBeLessThan(1_500);
  });
});

test('what has been answered when the connection is force-closed is sent before', async () => {
  const responses: http.ServerResponse[] = [];
  let asked = () => {};
  const both = new Promise<void>((resolve) => {
    asked = resolve;
  });
  const { client, session } = await served((_request, response) => {
    if (responses.push(response) === 2) asked();
  });
  const answers = [client.ask(request('/')), client.ask(request('/'))];
  await both;
  for (const response of responses) response.writeHead(500).end('failed');
  session().destroy();
  expect(await Promise.all(answers)).toEqual(Array(2).fill({ status: 500, body: 'failed' }));
  expect(await client.goaway()).toBe(2);
  await client.closed;
});

test('the access log can tell who has ended a stream', async () => {
  const closed: string[] = [];
  const seen: (() => void)[] = [];
  const { client, session } = await served(({ socket }, response) => {
    response.on('close', () => {
      closed.push(closedBy(socket));
      seen.shift()?.();
    });
    response.write('begun');
  });
  const next = () => new Promise<void>((resolve) => seen.push(resolve));
  const first = client.begin(request('/'));
  await client.frame('the first', ({ type }) => type === 'data');
  const left = next();
  client.write(frame('reset', 0, first, numbers(8)));
  await left;
  const second = client.begin(request('/'));
  await client.frame('the second', ({ type, stream }) => type === 'data' && stream === second);
  const forced = next();
  session().destroy();
  await forced;
  expect(closed).toEqual(['client', 'server']);
});
