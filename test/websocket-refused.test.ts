/** WebSockets that cannot move: waited for within the grace, then closed with 1012, and counted by reason. */
import fs from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { WebSocket } from 'ws';
import { brief, cases } from './support/long.ts';
import { endServers, fixture, type ServerOptions, startServer, type TestServer } from './support/server.ts';
import { type ConnectOptions, WebSocketClient } from './support/websocket-client.ts';

const APP = fixture('survives-websockets.mjs');
/** Long enough for whatever is waited for. */
const LONG = ['--grace', '25s'];
const SHORT = ['--grace', '4s'];

const clients: WebSocketClient[] = [];
const directory = fs.mkdtempSync(path.join(tmpdir(), 'tshorn-ws-'));
/** What the release that is deployed does. */
const setting = path.join(directory, 'setting');
afterEach(async () => {
  for (const client of clients.splice(0)) client.leave();
  await endServers();
  fs.rmSync(setting, { force: true });
});
afterAll(() => fs.rmSync(directory, { recursive: true }));

async function start(options: ServerOptions = {}): Promise<TestServer> {
  return startServer(APP, { args: LONG, ...options });
}

async function connect(server: TestServer, options: ConnectOptions = {}): Promise<WebSocketClient> {
  const client = await WebSocketClient.connect(server.port, options);
  clients.push(client);
  return client;
}

/** Begins a reload; resolves when the old worker drains. */
async function draining(server: TestServer): Promise<number> {
  const from = server.lines.length;
  server.signal('SIGHUP');
  await server.event('draining', { from });
  return from;
}

async function drained(server: TestServer) {
  const from = await draining(server);
  return server.event('drained', { from });
}

/** One that moves at once: what is to move with it has had its chance. */
async function witness(server: TestServer, client: WebSocketClient): Promise<void> {
  while ((await client.ask()).generation === 1) await sleep(20);
  expect(server.of('drained')).toEqual([]);
}

/** Its end, and what the drain said of it, when the grace is over. */
async function expectClosed(server: TestServer, client: WebSocketClient, reason: string): Promise<void> {
  const end = await drained(server);
  expect(await client.ended).toMatchObject({ code: 1012 });
  expect(end).toMatchObject({ moved: 0, refused: { [reason]: 1 } });
  expect(client.failures).toHaveLength(1);
}

brief('without survive it is closed with 1012 at the end of the grace', async () => {
  const server = await start({ args: SHORT, env: { SURVIVES: 'no' } });
  const client = await connect(server);
  await client.ask();
  const end = await drained(server);
  expect(await client.ended).toMatchObject({ code: 1012 });
  expect(end).toMatchObject({ moved: 0, refused: { upgraded: 1 } });
});

brief(
  'in the middle of a message: it is read to its end and answered, and then the connection moves',
  async () => {
    const server = await start();
    const [client, other] = [await connect(server), await connect(server)];
    let finish = () => {};
    const pause = () => new Promise<void>((resolve) => (finish = resolve));
    const { answer } = client.send(['half ', 'of it'], { pause });
    // A pong: the server has read what came before.
    client.ping();
    await once(client, () => client.pongs === 1);
    const from = await draining(server);
    await witness(server, other);
    finish();
    expect(await answer).toMatchObject({ n: 1, generation: 1 });
    expect(await server.event('drained', { from })).toMatchObject({ moved: 2, closed: 0, forceClosed: 0 });
    expect(await client.ask()).toMatchObject({ n: 2, generation: 2 });
    expect(client.failures).toEqual([]);
  },
);

brief('in the middle of a message of the server: its end comes, and then the connection moves', async () => {
  const server = await start();
  const [client, other] = [await connect(server), await connect(server)];
  const answer = client.ask('!parts 5000');
  // The first part is on its way when the answer to a ping is.
  client.ping();
  await once(client, () => client.pongs === 1);
  const from = await draining(server);
  await witness(server, other);
  expect(await answer).toMatchObject({ n: 1 });
  expect(await server.event('drained', { from })).toMatchObject({ moved: 2, closed: 0, forceClosed: 0 });
  expect(await client.ask()).toMatchObject({ n: 2, generation: 2 });
  expect(client.failures).toEqual([]);
});

brief('while an async listener works: its answer comes, and then the connection moves', async () => {
  const server = await start();
  const [client, other] = [await connect(server), await connect(server)];
  const answer = client.ask('!slow-drain 5000');
  client.ping();
  await once(client, () => client.pongs === 1);
  const from = await draining(server);
  await witness(server, other);
  expect(await answer).toMatchObject({ n: 1, generation: 1 });
  expect(await server.event('drained', { from })).toMatchObject({ moved: 2, closed: 0, forceClosed: 0 });
  expect(await client.ask()).toMatchObject({ n: 2, generation: 2, moves: 1 });
});

brief('compressed with a context that is kept from message to message', async () => {
  const server = await start({ args: SHORT, env: { DEFLATE: 'yes' } });
  const client = await connect(server);
  await client.ask('a'.repeat(2_000));
  expect(client.ws.extensions).toBe('permessage-deflate');
  await expectClosed(server, client, 'deflate');
});

brief('compressed, each message for itself: it moves', async () => {
  const server = await start({ env: { DEFLATE: 'no-context' } });
  const client = await connect(server);
  await client.ask('a'.repeat(2_000));
  expect(client.ws.extensions).toBe('permessage-deflate');
  expect(await drained(server)).toMatchObject({ moved: 1, closed: 0, forceClosed: 0, refused: {} });
  expect(await client.ask('b'.repeat(2_000))).toMatchObject({ n: 2, generation: 2 });
  expect(client.failures).toEqual([]);
});

brief('a client that does not read', async () => {
  const server = await start({ args: SHORT });
  const client = await connect(server);
  client.ws.pause();
  client.ws.send('!flood 30000000');
  await sleep(300);
  const other = await connect(server);
  const end = await drained(server);
  expect(end).toMatchObject({ moved: 1, refused: { queue: 1 } });
  expect(await other.ask()).toMatchObject({ generation: 2 });
});

brief(
  'those that are never ready to move are closed at the end of the grace, each counted by its reason',
  async () => {
    const server = await start({ args: SHORT });
    const [half, busy, paused] = [await connect(server), await connect(server), await connect(server)];
    const [throws, circular, big] = [await connect(server), await connect(server), await connect(server)];
    const other = await connect(server);
    half.send(['half', 'never'], { pause: () => new Promise(() => {}) });
    busy.send(['!slow 20000']);
    await paused.ask('!pause');
    await throws.ask('!save throws');
    await circular.ask('!save circular');
    await big.ask('!save big');
    for (const client of [half, busy]) {
      client.ping();
      await once(client, () => client.pongs === 1);
    }
    const end = await drained(server);
    expect(end).toMatchObject({ moved: 1, refused: { message: 1, busy: 1, paused: 1, state: 3 } });
    for (const client of [half, busy, paused, throws, circular, big]) {
      expect(await client.ended).toMatchObject({ code: 1012 });
      expect(client.failures).toHaveLength(1);
    }
    expect(await other.ask()).toMatchObject({ generation: 2 });
    // The first of them is told.
    expect(server.lines.filter(({ msg }) => msg.includes('cannot save this'))).toHaveLength(1);
  },
);

const STATES = [
  ['circular', 'JSON'],
  ['big', 'maxState'],
] as const;

test.each(cases(STATES, ([how]) => how === 'big'))(
  'a state that cannot be kept (%s): the log says why',
  async (how, why) => {
    const server = await start({ args: SHORT });
    const [client, other] = [await connect(server), await connect(server)];
    await client.ask(`!save ${how}`);
    const end = await drained(server);
    expect(await client.ended).toMatchObject({ code: 1012 });
    expect(end).toMatchObject({ moved: 1, refused: { state: 1 } });
    expect(await other.ask()).toMatchObject({ generation: 2 });
    const told = server.lines.filter(({ msg }) => msg.includes(why));
    expect(told).toHaveLength(1);
  },
);

brief('a release that does not know the client any more closes it with 1012', async () => {
  const server = await start();
  const client = await connect(server, { path: '/forgotten' });
  const other = await connect(server);
  await drained(server);
  expect(await client.ended).toMatchObject({ code: 1012 });
  expect(await other.ask()).toMatchObject({ generation: 2 });
  expect(await server.event('resume-failed')).toMatchObject({ reason: 'the app answered 401' });
});

brief('a release without survive: it stays where it is until the end of the grace', async () => {
  const server = await start({ args: SHORT, env: { SURVIVES: setting } });
  const client = await connect(server);
  await client.ask();
  fs.writeFileSync(setting, 'no');
  await expectClosed(server, client, 'no-resumer');
  const warnings = server.of('worker-log').map(({ msg }) => msg);
  expect(warnings.filter((text) => text.includes('no survive() of that name'))).toEqual([
    expect.stringContaining('websocket:0: the other workers'),
  ]);
});

brief.each([
  ['compresses no more', ''],
  ['would keep the context', 'yes'],
])('a release that %s: what was agreed with the client holds, or it is closed', async (_, now) => {
  fs.writeFileSync(setting, 'no-context');
  const server = await start({ env: { DEFLATE: setting } });
  const client = await connect(server);
  await client.ask('a'.repeat(2_000));
  fs.writeFileSync(setting, now);
  await drained(server);
  if (now === '') {
    expect(await client.ended).toMatchObject({ code: 1012 });
    const { reason } = await server.event('resume-failed');
    expect(reason).toContain('the app wants ""');
    return;
  }
  // It compresses what the former release compressed as that did.
  for (let count = 2; count < 6; count++) {
    expect(await client.ask('ab'.repeat(1_000))).toMatchObject({ n: count, generation: 2 });
  }
  expect(client.failures).toEqual([]);
});

brief('two WebSocket servers of one app, on two paths: each has its own back', async () => {
  const server = await startServer(fixture('two-websocket-servers.mjs'));
  const open = async (path: string) => {
    const ws = new WebSocket(`ws://127.0.0.1:${server.port}${path}`);
    await new Promise((resolve) => ws.once('open', resolve));
    const ask = (text: string): Promise<string> =>
      new Promise((resolve, reject) => {
        ws.once('message', (data) => resolve(data.toString()));
        ws.once('close', (code) => reject(new Error(`closed: ${code}`)));
        ws.send(text);
      });
    return { ask, leave: () => ws.terminate() };
  };
  const [feed, chat, plain] = [await open('/feed'), await open('/chat'), await open('/plain')];
  try {
    expect(await Promise.all([feed.ask('a'), chat.ask('a'), plain.ask('a')])).toEqual([
      '1 feed a',
      '1 chat a',
      '1 plain a',
    ]);
    for (let generation = 2; generation <= 3; generation++) {
      const from = server.lines.length;
      await server.reload();
      expect(await server.event('drained', { from })).toMatchObject({ moved: 3, closed: 0, forceClosed: 0 });
      expect(await Promise.all([feed.ask('b'), chat.ask('b'), plain.ask('b')])).toEqual([
        `${generation} feed ${'ab'.padEnd(generation, 'b')}`,
        `${generation} chat ${'ab'.padEnd(generation, 'b')}`,
        `${generation} plain b`,
      ]);
    }
  } finally {
    for (const { leave } of [feed, chat, plain]) leave();
  }
});

/** Resolves when a pong, say, has come. */
async function once(client: WebSocketClient, look: () => boolean): Promise<void> {
  while (!look()) {
    if (client.end) throw new Error(`closed: ${JSON.stringify(client.end)}`);
    await sleep(10);
  }
}
