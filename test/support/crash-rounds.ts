/** One request throws while many clients are connected: it alone fails. As a suite: for plain connections, and for TLS. */
import { setTimeout as sleep } from 'node:timers/promises';
import { request, socketOf } from './control.ts';
import { Crowd, type CrowdSize, fateOf, type Speech } from './crowd.ts';
import { TEST_MS } from './deadline.ts';
import { ask } from './load.ts';
import { Random } from './random.ts';
import { endServers, fixture, type LogLine, startServer, type TestServer } from './server.ts';
import { WebSocketClient } from './websocket-client.ts';

const WORKERS = 4;

export interface CrashKind {
  readonly args: readonly string[];
  /** What the clients of this port speak. */
  readonly speech: (port: number) => Promise<Speech>;
  readonly rounds: number;
  readonly size: CrowdSize;
  readonly seed: number;
}

/** Slots that crash again and again have to wait for their replacement, until a reload commits. */
const ROUNDS_PER_RELEASE = 4;
const LEAST_SLOW_MS = 300;

interface Place {
  readonly reason: string;
  /** The client's side: a status with its `Connection`, `cut`, or the code of a closed WebSocket. */
  readonly fate: string | RegExp;
  readonly send: (speech: Speech, port: number) => Promise<string>;
}

const ANSWERED = '500 close';

const get =
  (name: string) =>
  async ({ target }: Speech) => {
    const fate = await fateOf(ask(target(0), { path: `/throws?in=${name}`, agent: false }));
    return fate === 'cut' ? fate : `${fate.status} ${fate.headers.connection}`;
  };

async function throwInMessage({ webSockets = {} }: Speech, port: number): Promise<string> {
  const client = await WebSocketClient.connect(port, webSockets);
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
async function round(
  server: TestServer,
  socket: string,
  everyone: Crowd,
  { reason, fate: expected, send }: Place,
  speech: Speech,
): Promise<void> {
  const from = server.lines.length;
  await everyone.askIdle();
  const { answers } = await everyone.sendSlow(LEAST_SLOW_MS);
  const fate = send(speech, server.port);

  const crashed = await server.event('crashed', { from });
  const pid = crashed.pid as number;
  expect(crashed.msg).toMatch(new RegExp(`uncaught Error: ${reason}, after \\d+\\.\\ds of service`));
  expect((crashed.lastLines as string[]).join('\n')).toMatch(
    new RegExp(`Error: ${reason}\n +at .*\\.mjs:\\d+:\\d+[^]*Node\\.js v`),
  );
  const slow = await answers;
  await everyone.askIdle();
  expect({ failures: [...slow.failures, ...everyone.failures], fate: await fate }).toEqual({
    failures: [],
    fate: typeof expected === 'string' ? expected : expect.stringMatching(expected),
  });

  await server.until(`${WORKERS} workers again`, () => server.readyPids.length === WORKERS);
  const contained = lineOf(server, 'contained', pid, from);
  expect(await leastReady(socket, contained)).toBe(WORKERS);
  // crash-containment-limits.test.ts knows how many it had, and counts the rest.
  expect(await contained).toMatchObject({ cause: 'crash', lost: 1 });
  expect((await lineOf(server, 'exited', pid, from)).msg).toMatch(/exit code 1/);
}

export function crashRounds({ args, speech: speechOf, rounds, size, seed }: CrashKind): void {
  afterEach(async () => {
    crowd?.leave();
    await endServers();
  });

  test(
    `${rounds} times one request throws beside ${size.idle} idle clients, ${size.webSockets} WebSockets and ${size.slow} requests: it alone fails (seed ${seed})`,
    async () => {
      const server = await startServer(fixture('throws-when-asked.mjs'), {
        workers: WORKERS,
        args: [...args, '--log-level', 'debug'],
      });
      const socket = await socketOf(server);
      const speech = await speechOf(server.port);
      const everyone = await Crowd.gather(server.port, new Random(seed), size, speech);
      crowd = everyone;
      const names = Object.keys(PLACES);
      for (let at = 0; at < rounds; at++) {
        if (at > 0 && at % ROUNDS_PER_RELEASE === 0) {
          expect(await server.reload()).toMatchObject({ outcome: 'committed' });
        }
        const name = names[at % names.length] as string;
        try {
          await round(server, socket, everyone, PLACES[name] as Place, speech);
        } catch (error) {
          throw new Error(`round ${at}, ${name}: ${(error as Error).message}\n${server.story}`);
        }
      }
      expect(await everyone.settle()).toEqual([]);
      expect(server.of('crashed')).toHaveLength(rounds);
    },
    TEST_MS + rounds * 15_000,
  );
}
