/** An app shares the channel between its worker and the master, and may send anything over it. */
import { ask } from './support/load.ts';
import { brief, cases, thorough } from './support/long.ts';
import { isAlive } from './support/processes.ts';
import { RawClient } from './support/raw.ts';
import { endServers, fixture, type ServerOptions, startServer, type TestServer } from './support/server.ts';

afterEach(endServers);

const start = (options: ServerOptions = {}) =>
  startServer(fixture('forges-messages.mjs'), { workers: 2, args: ['--grace', '3s'], ...options });

interface Forgery {
  readonly messages: readonly unknown[];
  readonly handle?: 'own' | 'socket' | 'raw' | 'server' | 'listening';
  readonly times?: number;
}

/** Resolves with the pid of the worker that has sent it. */
async function forge({ port }: TestServer, forgery: Forgery): Promise<number> {
  const body = Buffer.from(JSON.stringify(forgery));
  const { headers } = await ask({ port }, { path: '/forge', body, agent: false });
  return Number(headers['x-pid']);
}

const ours = (type: string, fields: object = {}) => ({ tshorn: 1, type, ...fields });

async function expectReload(server: TestServer, after?: unknown): Promise<void> {
  const verdict = await server.reload();
  expect({ after, ...verdict }).toMatchObject({ after, outcome: 'committed', replaced: 2 });
}

/** Reloads, crashes and a stop come out as if nothing had been sent. */
async function expectOrder(server: TestServer): Promise<void> {
  await expectReload(server);
  const from = server.lines.length;
  process.kill(server.readyPids[0] as number, 'SIGKILL');
  await server.event('ready', { from });
  expect((await ask({ port: server.port }, { path: '/', agent: false })).body).toBe('hello');
  expect(await server.stop()).toBe(0);
  expect(server.of('stray-error')).toEqual([]);
  expect(server.of('spawned').filter(({ pid }) => isAlive(pid as number))).toEqual([]);
}

const load = { code: 'x', message: 'y' };
const drain = { moved: 0, finished: 0, closed: 0, forceClosed: 0, tookMs: 0 };

const MALFORMED: readonly (readonly [type: string, fields: unknown, problem: string])[] = [
  ['load-failed', { ...load, detail: {} }, 'detail: expected a text'],
  ['load-failed', { ...load, message: 5 }, 'message: expected a text'],
  ['probed', { verdict: 'broken', reason: 5, tookMs: 1 }, 'reason: expected a text'],
  ['probed', { verdict: 'constructor', tookMs: 1 }, 'verdict: expected one of'],
  ['drained', { ...drain, refused: 'x' }, 'refused: expected numbers by reason'],
  ['drained', { ...drain, refused: { constructor: 1 } }, 'refused: expected reasons'],
  ['hook-failed', { hook: {}, reason: [] }, 'hook: expected a text'],
  ['log', { level: 'fatal', text: 'x' }, 'level: expected one of'],
  ['late', { loopDelayMs: null, requests: [] }, 'loopDelayMs: expected milliseconds'],
  ['waiting', { requests: [{ method: 'GET', path: {} }], more: 0 }, 'requests.0.path: expected a text'],
  ['hand-over', { id: 1 }, 'without a connection'],
  ['sent', { upTo: 1e9 }, 'number out of order'],
  ['toString', {}, 'an unknown message "toString"'],
  ['__proto__', {}, 'an unknown message "__proto__"'],
];
const SHORT = ['load-failed', 'hand-over', '__proto__'];

test.each(cases(MALFORMED, ([type]) => SHORT.includes(type)))(
  'a malformed %s is dropped, counted and logged once: %j',
  async (type, fields, problem) => {
    const server = await start();
    const pid = await forge(server, { messages: [ours(type, fields as object)], times: 5 });
    const line = await server.event('malformed-message');
    expect(line).toMatchObject({ pid });
    expect(line.msg).toContain(problem);
    await expectOrder(server);
    expect(server.of('malformed-message')).toHaveLength(1);
  },
);

brief('facts about a state that the worker is not in change nothing', async () => {
  const server = await start();
  const before = server.readyPids;
  const broken = { verdict: 'broken', reason: 'x', tookMs: 1 };
  await forge(server, {
    messages: [
      ours('up'),
      ours('loaded', { kind: 'x' }),
      ours('load-failed', load),
      ours('probed', broken),
      ours('accepting', { immovable: '' }),
      ours('drained', { ...drain, refused: {} }),
      ours('answered', { count: 5 }),
      ours('turns-again', { culprit: { cost: 'closed' } }),
      ours('sent', { upTo: 3 }),
      ours('took', { id: 1 }),
      ours('declined', { id: 1, reason: 'x' }),
      ours('state', { id: 1, text: '{}' }),
    ],
  });
  expect((await ask({ port: server.port }, { path: '/', agent: false })).body).toBe('hello');
  expect(server.readyPids).toEqual(before);
  await expectOrder(server);
  expect(server.of('malformed-message')).toEqual([]);
});

brief('a forged crash ends the worker that sends it, in order, and nothing else', async () => {
  const server = await start();
  const crashed = ours('crashed', { reason: 'no exception\n{"level":60}', culprit: { cost: 'none' } });
  const pid = await forge(server, { messages: [crashed], times: 5 });
  const line = await server.event('contained');
  expect(line).toMatchObject({ pid, cause: 'crash', lost: 0 });
  expect(server.of('crashed').map(({ msg }) => msg)).toEqual([
    expect.stringContaining('no exception {"level"'),
  ]);
  await server.until('a replacement', () => server.readyPids.length === 2);
  await expectOrder(server);
});

thorough(
  "Node's own words for a handle that is not there, refused or for nobody cost the master nothing",
  async () => {
    const server = await start();
    for (const message of [
      { cmd: 'NODE_HANDLE_ACK' },
      { cmd: 'NODE_HANDLE_NACK' },
      { cmd: 'NODE_HANDLE', type: 'none' },
      { cmd: 'NODE_CLUSTER', act: 'queryServer', seq: 1, address: {}, port: -1 },
    ]) {
      await forge(server, { messages: [message] });
      await expectReload(server, message);
    }
    await expectOrder(server);
  },
);

thorough(
  'a handle of any kind that comes with any message costs the master nothing, and is not kept',
  async () => {
    const server = await start();
    const messages = [
      ours('hand-over', { id: 1 }),
      ours('hand-over', { id: 2, resumer: 'none' }),
      ours('took', { id: 1 }),
      ours('log', { level: 'info', text: 'with a handle' }),
      { mine: true },
    ];
    for (const handle of ['socket', 'raw', 'server', 'listening'] as const) {
      await forge(server, { messages, handle });
      await expectReload(server, handle);
    }
    await expectOrder(server);
  },
);

brief('a connection that goes with a message that carries none is not kept by the master', async () => {
  const server = await start();
  for (const messages of [
    [{ mine: true }],
    [ours('answered', { count: 1 })],
    [ours('hand-over', { id: 'x' })],
    [{ cmd: 'NODE_HANDLE' }, ours('answered', { count: 1 })],
  ]) {
    const client = await RawClient.open({ port: server.port });
    const body = JSON.stringify({ messages, handle: 'own' });
    client.send(`POST /forge HTTP/1.1\r\nHost: x\r\nContent-Length: ${body.length}\r\n\r\n${body}`);
    await client.until(/hello/);
    const pid = Number(/x-pid: (\d+)/i.exec(client.text)?.[1]);
    const from = server.lines.length;
    process.kill(pid, 'SIGKILL');
    expect({ messages, end: ['end', 'ECONNRESET'] }).toEqual({
      messages,
      end: expect.arrayContaining([await client.ended()]),
    });
    await server.event('ready', { from });
  }
  await expectOrder(server);
});

brief('no control character of a text reaches a line of the log', async () => {
  const server = await start();
  const evil = 'a\u001b[2J\u009b31m\r\n{"level":60,"event":"forged"}\u202e\u0007b';
  await forge(server, {
    messages: [
      ours('log', { level: 'warn', text: evil }),
      ours('hook-failed', { hook: evil, reason: evil }),
      ours('also-listening', { address: evil }),
    ],
  });
  const lines = [
    await server.event('worker-log'),
    await server.event('hook-failed'),
    await server.event('also-listening'),
  ];
  const control = /[^\P{Cc}]|\u202e/u;
  for (const { msg } of lines) expect(msg).not.toMatch(control);
  expect(lines[0]?.msg).toContain('a[2J31m {"level":60');
});

const FLOODS: readonly (readonly [type: string, fields: object])[] = [
  ['leave-requested', { signal: 'SIGTERM' }],
  ['heartbeat', { requests: 1, rss: 1, loopDelayMs: 1 }],
  ['log', { level: 'info', text: 'x' }],
  ['no-message', {}],
];

test.each(cases(FLOODS, ([type]) => type === 'heartbeat'))(
  'a worker that floods the master with %s is killed and replaced; the others serve on',
  async (type, fields) => {
    const server = await start();
    const [one, other] = server.readyPids as [number, number];
    const body = Buffer.from(JSON.stringify(ours(type, fields)));
    const flood = ask({ port: server.port }, { path: '/flood', body, agent: false }).catch(() => undefined);
    const { pid } = await server.event('flood');
    await flood;
    await server.until('its end', () => server.lines.some((line) => line.pid === pid && isEnd(line)));
    await server.until('a replacement', () => server.readyPids.length === 2);
    expect(server.readyPids).toContain(pid === one ? other : one);
    await expectOrder(server);
  },
);

/** It may have been draining when it was killed. */
const isEnd = ({ event }: { event?: string }) => event === 'crashed' || event === 'exited';
