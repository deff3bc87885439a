import http from 'node:http';
import net, { type AddressInfo } from 'node:net';
import { type Fetch, toNodeListener } from './fetch-adapter.ts';

let server: http.Server;
afterEach(() => {
  server.closeAllConnections();
  server.close();
});

async function serve(app: Fetch): Promise<string> {
  server = http.createServer(toNodeListener(app)).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** Everything that comes back for raw text, until the server closes or `enough`. */
function exchange(text: string, enough: (received: string) => boolean): Promise<string> {
  return new Promise((resolve) => {
    const socket = net.connect((server.address() as AddressInfo).port, '127.0.0.1', () => socket.write(text));
    let received = '';
    socket
      .on('close', () => resolve(received))
      .on('data', (data) => {
        received += data;
        if (enough(received)) socket.destroy();
      });
  });
}

test('another Request can be made of the request', async () => {
  const origin = await serve(async (request) => {
    const copy = new Request(request, { headers: { 'x-new': '1' } });
    return new Response(`${copy.method} ${copy.url} ${copy.headers.get('x-new')} ${await copy.text()}`);
  });
  const answer = await fetch(`${origin}/a?b=1`, { method: 'POST', body: 'text' });
  expect(await answer.text()).toBe(`POST ${origin}/a?b=1 1 text`);
});

test('a body that is there at once travels with its length', async () => {
  const origin = await serve(() => new Response('héllo'));
  const answer = await fetch(origin);
  expect(answer.headers.get('content-length')).toBe('6');
  expect(answer.statusText).toBe('OK');
});

test('the headers of an event stream come before its first event', async () => {
  const origin = await serve(() => new Response(new ReadableStream({ pull: () => new Promise(() => {}) })));
  expect((await fetch(origin)).status).toBe(200);
});

test('what is left of a body that the app has only begun to read does not block the connection', async () => {
  await serve(async (request) => {
    const { value } = (await request.body?.getReader().read()) ?? {};
    return new Response(value ? 'begun' : 'none');
  });
  const size = 300_000;
  const text = `POST / HTTP/1.1\r\nHost: x\r\nContent-Length: ${size}\r\n\r\n${'b'.repeat(size)}GET / HTTP/1.1\r\nHost: x\r\n\r\n`;
  const received = await exchange(text, (all) => all.endsWith('none'));
  expect(received.match(/HTTP\/1.1 200 OK/g)).toHaveLength(2);
});

test('the path stays a path, whatever it and the Host look like', async () => {
  await serve((request) => new Response(`[${request.url}]`));
  const get = (path: string, host: string) =>
    exchange(`GET ${path} HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`, () => false);
  expect(await get('//other/a', 'here:80')).toContain('[http://here//other/a]');
  expect(await get('http://abs/b', 'here')).toContain('[http://abs/b]');
  expect(await get('/', '[::1]:8000')).toContain('[http://[::1]:8000/]');
  for (const host of ['a/b', 'user@host', 'a?b', '']) expect(await get('/', host)).toMatch(/^HTTP\/1.1 400 /);
});

test('an app that answers with no Response gets a 500, and its mistake is told', async () => {
  const told = jest.spyOn(process.stderr, 'write').mockReturnValue(true);
  const origin = await serve(() => undefined as unknown as Response);
  expect((await fetch(`${origin}/x?token=secret`)).status).toBe(500);
  expect(told.mock.calls.join()).toContain('fetch() answered GET /x with something that is no Response');
  expect(told.mock.calls.join()).not.toContain('secret');
  told.mockRestore();
});

test("the stream of a response is cancelled when the client goes, and the request's signal says so", async () => {
  let cancelled!: () => void;
  const whenCancelled = new Promise<void>((resolve) => {
    cancelled = resolve;
  });
  let signal: AbortSignal | undefined;
  const origin = await serve((request) => {
    signal = request.signal;
    return new Response(
      new ReadableStream({ pull: (to) => to.enqueue(Buffer.alloc(65_536)), cancel: () => cancelled() }),
    );
  });
  const aborter = new AbortController();
  await fetch(origin, { signal: aborter.signal });
  aborter.abort();
  await whenCancelled;
  expect(signal?.aborted).toBe(true);
});

/** A Response that makes its default headers when its body is first asked for, as those of srvx and h3 2. */
class LazyHeaders extends Response {
  override get body() {
    this.headers.set('content-type', 'text/plain; charset=UTF-8');
    return super.body;
  }
}

test.each(['GET', 'HEAD'])('headers that appear with the body are sent: %s', async (method) => {
  const origin = await serve(() => new LazyHeaders(Buffer.from('hello')));
  const answer = await fetch(origin, { method });
  expect(answer.headers.get('content-type')).toBe('text/plain; charset=UTF-8');
  expect(answer.headers.get('content-length')).toBe('5');
});

test('HEAD gives a body up that is not there at once', async () => {
  let cancelled!: () => void;
  const whenCancelled = new Promise<void>((resolve) => {
    cancelled = resolve;
  });
  const origin = await serve(
    () => new Response(new ReadableStream({ pull: () => new Promise(() => {}), cancel: () => cancelled() })),
  );
  const answer = await fetch(origin, { method: 'HEAD' });
  expect([answer.status, answer.headers.get('content-length')]).toEqual([200, null]);
  await whenCancelled;
});
