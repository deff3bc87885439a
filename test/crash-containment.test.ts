/**
 * One request throws while many clients are connected: it alone fails. CRASH_ROUNDS=100: more rounds; CRASH_SEED repeats a
 * story.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { request, socketOf } from './support/control.ts';
import { Crowd, fateOf } from './support/crowd.ts';
import { ask } from './support/load.ts';
import { times } from './support/long.ts';
import { Random } from './support/random.ts';
import { endServers, fixture, type LogLine, startServer, type TestServer } from './support/server.ts';
import { WebSocketClient } from './support/websocket-client.ts';

const WORKERS = 4;
const ROUNDS = times('CRASH_ROUNDS', 3, 30);
const SIZE = {
  idle: times('CRASH_IDLE', 60, 400),
  webSockets: times('CRASH_WEBSOCKETS', 12, 40),
  slow: times('CRASH_SLOW', 24, 60),
};
const SEED = Number(process.env.CRASH_SEED ?? Math.floor(Math.random() * 1e9));
/** Slots that crash again and again have to wait for their replacement, until a reload commits. */
const ROUNDS_PER_RELEASE = 4;
const LEAST_SLOW_MS = 300;

interface Place {
  readonly reason: string;
  /** The client's side: a status with its `Connection`, `cut`, or the code of a closed WebSocket. */
  readonly fate: string | RegExp;
  readonly send: (port: number) => Promise<string>;
}

const ANSWERED = '500 close';

const get = (name: string) => async (port: number) => {
  const fate = await fateOf(ask({ port }, { path: `/throws?in=${name}`, agent: false }));
  return fate === 'cut' ? fate : `${fate.status} ${fate.headers.connection}`;
};

async function throwInMessage(port: number): Promise<string> {
  const client = await WebSocketClient.connect(port);
  client.send(['!throw']);
  return String((await client.ended).code);
}

const PLACES: Record<string, Place> = {
  handler: { fate: ANSWERED, reason: 'thrown in a handler', send: get('handler') },
  timer: { fate: ANSWERED, reason: 'thrown in a timer', send: get('timer') },
  promise: { fate: ANSWERED, reason: 'thrown in a promise', send: get('promise') },
  stream: { fate: ANSWERED, reason: 'thrown in a stream', send: get('stream') },
  'begun response': { fate: 'cut', reason: 'thrown in the middle of a response', send: get('head') },
  'WebSocket message': { fate: /^1006$|^1011$/, reason: 'thrown in a message', send: throwInMessage },
};

let crowd: Crowd | undefined;
afterEach(async () => {
  crowd?.leave();
  await endServers();
});

const readyInStatus = async (socket: string): Promise<number> => {
  const { text } = await request(socket, 'GET', '/status');
  return (JSON.parse(text) as { workers: { state: string }[] }).workers.filter(
    ({ state }) => state === 'ready',
  ).length;
};

/** Polls the status until `over` settles. Resolves with the least number of ready workers. */
async function leastReady(socket: string, over: Promise<unknown>): Promise<number> {
  let least = Number.POSITIVE_INFINITY;
  let isOver = false;
  const end = over.finally(() => {
    isOver = true;
  });
  do {
    least = Math.min(least, await readyInStatus(socket));
    await sleep(20);
  } while (!isOver);
  await end;
  return least;
}

const lineOf = (server: TestServer, event: string, pid: number, from: number): Promise<LogLine> =>
  server.until(`${event} of ${pid}`, () => server.of(event, from).find((line) => line.pid === pid));

/** One request throws. Rejects when that costs more than this request. */
async function round(server: TestServer, socket: string, everyone: Crowd, place: Place): Promise<void> {
  const from = server.lines.length;
  await everyone.askIdle();
  const { answers } = await everyone.sendSlow(LEAST_SLOW_MS);
  const fate = place.send(server.port);

  const crashed = await server.event('crashed', { from });
  const pid = crashed.pid as number;
  const { reason } = place;
  expect(crashed.msg).toMatch(new RegExp(`uncaught Error: ${reason}, after \\d+\\.\\ds of service`));
  expect((crashed.lastLines as string[]).join('\n')).toMatch(
    new RegExp(`Error: ${reason}\n +at .*\\.mjs:\\d+:\\d+[^]*Node\\.js v`),
  );
  const slow = await answers;
  await everyone.askIdle();
  expect({ failures: [...slow.failures, ...everyone.failures], fate: await fate }).toEqual({
    failures: [],
    fate: typeof place.fate === 'string' ? place.fate : expect.stringMatching(place.fate),
  });

  await server.until(`${WORKERS} workers again`, () => server.readyPids.length === WORKERS);
  const contained = lineOf(server, 'contained', pid, from);
  expect(await leastReady(socket, contained)).toBe(WORKERS);
  // crash-containment-limits.test.ts knows how many it had, and counts the rest.
  expect(await contained).toMatchObject({ cause: 'crash', lost: 1 });
  expect((await lineOf(server, 'exited', pid, from)).msg).toMatch(/exit code 1/);
}

test(
  `${ROUNDS} times one request throws beside ${SIZE.idle} idle clients, ${SIZE.webSockets} WebSockets and ${SIZE.slow} requests: it alone fails (seed ${SEED})`,
  async () => {
    const server = await startServer(fixture('throws-when-asked.mjs'), {
      workers: WORKERS,
      args: ['--log-level', 'debug'],
    });
    const socket = await socketOf(server);
    const everyone = await Crowd.gather(server.port, new Random(SEED), SIZE);
    crowd = everyone;
    const names = Object.keys(PLACES);
    for (let at = 0; at < ROUNDS; at++) {
      if (at > 0 && at % ROUNDS_PER_RELEASE === 0) {
        expect(await server.reload()).toMatchObject({ outcome: 'committed' });
      }
      const name = names[at % names.length] as string;
      try {
        await round(server, socket, everyone, PLACES[name] as Place);
      } catch (error) {
        throw new Error(`round ${at}, ${name}: ${(error as Error).message}\n${server.story}`);
      }
    }
    expect(await everyone.settle()).toEqual([]);
    expect(server.of('crashed')).toHaveLength(ROUNDS);
  },
  60_000 + ROUNDS * 15_000,
);
