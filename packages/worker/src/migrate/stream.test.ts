import { once } from 'node:events';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { worker } from '../api.ts';
import { moved } from './moved.ts';
import { type Migratable, registry } from './registry.ts';
import { type Begin, surviveStream } from './stream.ts';

const servers: http.Server[] = [];
const written: string[] = [];
let names = 0;

beforeEach(() => {
  worker.active = true;
  written.length = 0;
  jest.spyOn(process.stderr, 'write').mockImplementation((text) => {
    written.push(String(text));
    return true;
  });
});
afterEach(() => {
  worker.active = false;
  jest.restoreAllMocks();
  for (const server of servers.splice(0)) server.close().closeAllConnections();
});

/** The registry's record of a response that such a handler begins. */
async function begun(handle: (response: http.ServerResponse) => void): Promise<{
  migratable: Migratable;
  response: http.ServerResponse;
  ask: () => Promise<http.IncomingMessage>;
}> {
  const server = http.createServer((_, response) => handle(response)).listen(0, '127.0.0.1');
  servers.push(server);
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const ask = () =>
    new Promise<http.IncomingMessage>((resolve, reject) => {
      http.get({ host: '127.0.0.1', port, agent: false }, resolve).on('error', reject);
    });
  const asked = once(server, 'request');
  (await ask()).on('error', () => {}).resume();
  const [, response] = (await asked) as [unknown, http.ServerResponse];
  const migratable = [...registry().migratables].find(({ socket }) => socket === response.socket);
  return { migratable: migratable as Migratable, response, ask };
}

const stateless = (): Begin<undefined> =>
  surviveStream(`stateless-${names++}`, (stream) => void stream.write('x'));

test.each([
  ['gzip', 'encoded'],
  ['Identity', ''],
])('with the content coding %s it is refused as "%s"', async (coding, reason) => {
  const begin = stateless();
  const { migratable } = await begun((response) => {
    response.writeHead(200, { 'content-encoding': coding });
    begin(response);
  });
  expect(migratable.refusal()).toBe(reason);
});

test.each([
  ['write', 'encoded'],
  ['end', ''],
] as const)('one whose %s() a middleware has replaced: refused for "%s"', async (method, reason) => {
  const begin = stateless();
  const { migratable } = await begun((response) => {
    const original = response[method];
    response[method] = ((...args: unknown[]) => Reflect.apply(original, response, args)) as never;
    begin(response);
  });
  expect(migratable.refusal()).toBe(reason);
});

test('a function that returns a promise is told of when it is called, once; its streams stay', async () => {
  const produce = async (stream: http.ServerResponse) => void stream.write('x');
  const begin = surviveStream('promise', produce as never);
  const { migratable, ask } = await begun((response) => begin(response));
  (await ask()).on('error', () => {}).resume();
  expect(migratable.refusal()).toBe('state');
  expect(written).toEqual([
    'surviveStream(): the function of "promise" returned a promise; its streams are served but do not move. Return a function that saves the state, or nothing\n',
  ]);
});

test.each([
  ['nothing', undefined, 'undefined'],
  ['an object', {}, 'an object (Object)'],
  ["a framework's reply", new (class Reply {})(), 'an object (Reply)'],
  ['nothing at all', null, 'null'],
])('%s in place of a response is refused with a sentence', (_, it, what) => {
  const begin = stateless();
  expect(() => begin(it as unknown as http.ServerResponse)).toThrow(
    new TypeError(
      `surviveStream(): "stateless-${names - 1}" was called with ${what} in place of Node's http.ServerResponse; with Fastify that is reply.raw, with Koa ctx.res`,
    ),
  );
});

test('a response that has moved, and its request, have moved; one whose client has gone has not', async () => {
  const begin = stateless();
  const left = await begun((response) => begin(response));
  const cut = await begun((response) => begin(response));
  const closed = [left, cut].map(({ response }) => once(response, 'close'));
  left.migratable.leave(true);
  cut.migratable.socket.destroy();
  await Promise.all(closed);
  expect([moved(left.response), moved(left.response.req), moved(cut.response)]).toEqual([true, true, false]);
});

test('one that has come to its end on its way has not moved: nobody goes on with it', async () => {
  const begin = stateless();
  const { migratable, response } = await begun((response) => begin(response));
  migratable.socket.cork();
  response.end('end');
  migratable.leave(true);
  expect(moved(response)).toBe(false);
});

test('the head goes out at once, also when the handler has only named it', async () => {
  const silent = surviveStream(`silent-${names++}`, () => {});
  // The head would not come before the first chunk, and there is none.
  const { response } = await begun((given) => {
    given.writeHead(200, { 'content-type': 'text/event-stream' });
    silent(given);
  });
  expect(response.writableLength).toBe(0);
});
