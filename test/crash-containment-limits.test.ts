/** A crash that is contained, beside all else that may happen: the app's own listeners, deploys, loops, and requests without an end. */
import { setTimeout as sleep } from 'node:timers/promises';
import { Crowd, type Fate, fateOf } from './support/crowd.ts';
import { ask } from './support/load.ts';
import { brief, isLong, thorough } from './support/long.ts';
import { Random } from './support/random.ts';
import { RawClient } from './support/raw.ts';
import { endServers, fixture, type LogLine, startServer, type TestServer } from './support/server.ts';

/** The long suite has all of them. */

const SIZE = { idle: 10, webSockets: 3, slow: 6 };
const SLOW_MS = 400;

let server: TestServer;
let crowd: Crowd;

interface Start {
  readonly workers?: number;
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

async function start({ workers = 2, args = [], env = {} }: Start = {}): Promise<void> {
  // An end with the expected exit code is told at `debug`.
  const verbose = [...args, '--log-level', 'debug'];
  server = await startServer(fixture('throws-when-asked.mjs'), { workers, args: verbose, env });
  crowd = await Crowd.gather(server.port, new Random(1), SIZE);
}

afterEach(async () => {
  crowd.leave();
  await endServers();
});

/** A request on a connection of its own. `arrived`: the app has it. */
function send(path: string): { fate: Promise<Fate>; arrived: Promise<void>; abort: () => void } {
  const abort = new AbortController();
  let onArrival: () => void = () => {};
  const arrived = new Promise<void>((resolve) => {
    onArrival = resolve;
  });
  const { signal } = abort;
  const fate = fateOf(ask({ port: server.port }, { path, agent: false, onArrival, signal }));
  return { fate, arrived, abort: () => abort.abort() };
}

const throwIn = (place: string): Promise<Fate> => send(`/throws?in=${encodeURIComponent(place)}`).fate;
const answered = (fate: Fate) => (fate === 'cut' ? fate : fate.status);
const said = (text: string) => server.until(text, () => server.output.includes(text));

/** Nobody but the culprit has noticed anything. */
async function expectNoHarm(slow?: { answers: Promise<{ failures: string[] }> }): Promise<void> {
  expect((await slow?.answers)?.failures ?? []).toEqual([]);
  expect(await crowd.settle()).toEqual([]);
}

const contained = (): Promise<LogLine> => server.event('contained');

describe('an app with listeners of its own', () => {
  brief.each([
    ['uncaughtException', 'serves', 'timer'],
    ['unhandledRejection', 'rejections', 'promise'],
  ])('for %s goes on serving', async (_event, listener, place) => {
    await start({ workers: 1, env: { LISTENER: listener } });
    const pid = server.pidOf(0);
    const { abort, fate } = send(`/throws?in=${place}`);
    await said(`the app caught: thrown in a ${place}`);
    await expectNoHarm();
    abort();
    expect(await fate).toBe('cut');
    expect(server.pidOf(0)).toBe(pid);
    expect([...server.of('crashed'), ...server.of('contained')]).toEqual([]);
  });

  thorough('that captures exceptions goes on serving', async () => {
    await start({ workers: 1, env: { LISTENER: 'captures' } });
    const { abort } = send('/throws?in=timer');
    await said('the app caught: thrown in a timer');
    await expectNoHarm();
    abort();
    expect(server.of('crashed')).toEqual([]);
  });

  thorough('and ends itself there: it ends at once, and its idle connections go on elsewhere', async () => {
    await start({ env: { LISTENER: 'exits' } });
    expect(await throwIn('timer')).toBe('cut');
    expect((await server.event('crashed')).msg).toMatch(/exit code 3/);
    await expectNoHarm();
  });

  thorough('for uncaughtExceptionMonitor: it is called, and the crash is contained', async () => {
    await start({ env: { LISTENER: 'monitors' } });
    await throwIn('promise');
    await said('the monitor saw: thrown in a promise (unhandledRejection)');
    await contained();
    await expectNoHarm();
  });

  thorough('for exit: it is called with code 1, and the code that it sets counts', async () => {
    await start({ env: { LISTENER: 'sets-its-exit-code' } });
    await throwIn('handler');
    await said('the app exits with 1');
    expect((await server.event('exited')).msg).toMatch(/exit code 9/);
    await expectNoHarm();
  });
});

brief('an app that calls process.exit() ends at once, and its idle connections go on elsewhere', async () => {
  await start();
  expect(await send('/exits').fate).toBe('cut');
  expect((await server.event('crashed')).msg).toMatch(/exit code 5/);
  await expectNoHarm();
});

brief('with --crash-grace 0 a worker ends at once, with its requests', async () => {
  await start({ workers: 1, args: ['--crash-grace', '0'] });
  const slow = await crowd.sendSlow(20_000);
  expect(await throwIn('handler')).toBe('cut');
  expect((await slow.answers).failures).toHaveLength(SIZE.slow);
  expect((await server.event('crashed')).msg).toMatch(/exit code 1: uncaught Error: thrown in a handler/);
});

brief('one worker: its idle connections and WebSockets wait for the replacement', async () => {
  await start({ workers: 1, args: ['--crash-grace', '30s'] });
  const slow = await crowd.sendSlow(3_000);
  expect(answered(await throwIn('handler'))).toBe(500);
  await expectNoHarm(slow);
  const line = await contained();
  const { idle, webSockets, slow: finished } = SIZE;
  expect(line).toMatchObject({
    level: 30,
    cause: 'crash',
    request: 'GET /throws',
    cost: 'answered',
    lost: 1,
    finished,
  });
  expect(Number(line.moved) + Number(line.rescued)).toBe(idle + webSockets);
  expect(line.msg).toMatch(
    /^worker=0 gen=1 pid=\d+ crashed: .*moved=\d+ finished=6 lost=1 in .*; GET \/throws was answered with 500$/,
  );
});

thorough('a second exception ends the worker at once; its idle connections go on all the same', async () => {
  await start({ args: ['--crash-grace', '1h'], workers: 1 });
  const second = send('/throws?in=close');
  await second.arrived;
  const { fate } = send('/never');
  await throwIn('handler');
  await server.event('crashed');
  second.abort();
  expect(await fate).toBe('cut');
  await said('Error: thrown in a close');
  expect((await contained()).msg).toMatch(/exit code 1: uncaught Error: thrown in a close/);
  await expectNoHarm();
});

brief('the request of a second exception is answered with 500 before the worker ends', async () => {
  await start({ args: ['--crash-grace', '1h'], workers: 1 });
  const client = await RawClient.open(server);
  const head = [
    'POST /throws?in=body HTTP/1.1',
    'Host: localhost',
    'Content-Length: 1',
    'Expect: 100-continue',
  ];
  await client.send(`${head.join('\r\n')}\r\n\r\n`).until(/100 Continue/);
  const slow = await crowd.sendSlow(20_000);
  expect(answered(await throwIn('handler'))).toBe(500);
  await server.event('crashed');
  await client.send('x').until(/HTTP\/1\.1 500 .*Internal Server Error\n$/s);
  expect(await client.ended()).toBe('end');
  expect((await slow.answers).failures).toHaveLength(SIZE.slow);
});

thorough('with --no-handoff its other requests are answered', async () => {
  await start({ workers: 1, args: ['--no-handoff'] });
  const slow = await crowd.sendSlow(SLOW_MS);
  expect(answered(await throwIn('handler'))).toBe(500);
  expect((await slow.answers).failures).toEqual([]);
  expect(await contained()).toMatchObject({ moved: 0, lost: 1 });
});

brief('requests that never end are answered with 500 at the grace, and counted as lost', async () => {
  await start({ workers: 1, args: ['--crash-grace', '12s'] });
  const endless = [send('/never'), send('/never'), send('/never')];
  await Promise.all(endless.map(({ arrived }) => arrived));
  const slow = await crowd.sendSlow(3_000);
  expect(answered(await throwIn('handler'))).toBe(500);
  expect((await Promise.all(endless.map(({ fate }) => fate))).map(answered)).toEqual([500, 500, 500]);
  expect(await contained()).toMatchObject({ level: 40, cause: 'crash', lost: 4, finished: SIZE.slow });
  await expectNoHarm(slow);
});

test.each(isLong ? ['background', 'answered request'] : ['background'])(
  'an exception in the context of the %s costs no request',
  async (place) => {
    await start();
    const slow = await crowd.sendSlow(SLOW_MS);
    expect(answered(await throwIn(place))).toBe(200);
    await server.event('crashed');
    await expectNoHarm(slow);
    expect(await contained()).toMatchObject({ lost: 0 });
  },
);

thorough(
  'an app that throws at each request is a crash loop: each costs one, and the attempts get rarer',
  async () => {
    await start({ workers: 1 });
    for (let at = 0; at < 7; at++) expect(answered(await throwIn('handler'))).toBe(500);
    expect((await server.event('crash-loop')).msg).toMatch(
      /1 worker keeps failing: .*uncaught Error: thrown in a handler/,
    );
    const pauses = server.lines
      .map(({ msg }) => Number(/next attempt in (\d+)ms/.exec(msg)?.[1]))
      .filter(Boolean);
    expect(pauses).toEqual([...pauses].sort((a, b) => a - b));
    expect(pauses.length).toBeGreaterThanOrEqual(3);
    await expectNoHarm();
  },
);

thorough(
  'a master that comes late gives the worker its whole grace, and hears what it has cost',
  async () => {
    await start({ workers: 1, args: ['--crash-grace', '1s'] });
    const endless = send('/never');
    await endless.arrived;
    process.kill(server.pid, 'SIGSTOP');
    expect(answered(await throwIn('handler'))).toBe(500);
    // Later than the grace, and earlier than the worker gives the master up.
    await sleep(1_300);
    process.kill(server.pid, 'SIGCONT');
    await endless.fate;
    expect(await contained()).toMatchObject({ cause: 'crash', lost: 2 });
  },
);

describe('during a deploy', () => {
  brief('a crash of an uncommitted release rolls it back, and its other requests are answered', async () => {
    await start({ env: { TSHORN_SOAK: '20s' } });
    server.signal('SIGHUP');
    await server.until('the new release alone', () => server.of('drained').length === 2);
    const slow = await crowd.sendSlow(SLOW_MS);
    expect(answered(await throwIn('handler'))).toBe(500);
    expect(await server.event('reload-finished')).toMatchObject({
      outcome: 'rolled-back',
      serving: 1,
      reason: expect.stringContaining('uncaught Error: thrown in a handler'),
    });
    await expectNoHarm(slow);
    expect(await contained()).toMatchObject({ lost: 1 });
  });

  thorough('a crash of the old release while the new one starts does not disturb the reload', async () => {
    await start();
    const slow = await crowd.sendSlow(SLOW_MS);
    const from = server.lines.length;
    server.signal('SIGHUP');
    await server.event('spawned', { from });
    expect(answered(await throwIn('handler'))).toBe(500);
    expect(await server.event('reload-finished')).toMatchObject({ outcome: 'committed', serving: 2 });
    await expectNoHarm(slow);
    expect(await contained()).toMatchObject({ lost: 1 });
  });

  thorough('a reload while a worker finishes its requests commits, and they are answered', async () => {
    await start({ workers: 1 });
    const slow = await crowd.sendSlow(1_000);
    await throwIn('handler');
    await server.event('crashed');
    expect(await server.reload()).toMatchObject({ outcome: 'committed', serving: 2 });
    await expectNoHarm(slow);
    expect(await contained()).toMatchObject({ lost: 1, finished: SIZE.slow });
  });

  thorough('a re-exec while a worker finishes its requests commits, and they are answered', async () => {
    await start();
    const slow = await crowd.sendSlow(1_000);
    await throwIn('handler');
    await server.event('crashed');
    expect(await server.reExec()).toMatchObject({ outcome: 'committed' });
    await expectNoHarm(slow);
  });

  brief('a stop while a worker finishes its requests waits for them', async () => {
    await start({ workers: 1, args: ['--crash-grace', '30s'] });
    const slow = await crowd.sendSlow(3_000);
    await throwIn('handler');
    await server.event('crashed');
    expect(await server.stop()).toBe(0);
    expect((await slow.answers).failures).toEqual([]);
    expect(server.of('contained')).toMatchObject([{ lost: 1, finished: SIZE.slow }]);
  });
});
