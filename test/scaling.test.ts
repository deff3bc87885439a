import { availableParallelism } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { ControlGroup } from './support/cgroup.ts';
import { request, socketOf } from './support/control.ts';
import { DEADLINE_MS } from './support/deadline.ts';
import { brief, isLong, thorough, times } from './support/long.ts';
import { PacedClients } from './support/paced-clients.ts';
import { endServers, fixture, type LogLine, startServer, type TestServer } from './support/server.ts';

const clients: PacedClients[] = [];
afterEach(async () => {
  for (const some of clients.splice(0)) {
    await some.stop();
    some.leave();
  }
  await endServers();
});

const start = (range: string, ...args: string[]) =>
  startServer(fixture('keeps-its-loop-busy.mjs'), {
    args: ['--workers', range, '--timeout', '5s', ...args],
  });

async function connect(server: TestServer, ...rest: [count: number, path: string, everyMs: number]) {
  const some = await PacedClients.connect(server.port, ...rest);
  clients.push(some);
  return some;
}

const desired = async (server: TestServer) =>
  (await request(await socketOf(server), 'GET', '/status')).lines[0]?.desired;

brief(
  'workers come when the loops are busy and go when they are idle, and no connection is closed',
  async () => {
    const server = await start('1..2', '--scale-up-after', '1s', '--scale-down-after', '4s');
    const load = await connect(server, 30, '/?block=20', 1);
    load.ask(4);
    const up = await server.event('scaling');
    expect(up).toMatchObject({
      from: 1,
      to: 2,
      msg: expect.stringMatching(/^scaling 1 -> 2: event loops \d+% busy/),
    });
    await server.event('resized');
    expect(await desired(server)).toMatchObject({ workers: 2, by: 'scaler', range: '1..2', why: up.text });
    const isShared = () => load.shares.size === 2 && [...load.shares.values()].every((share) => share > 8);
    for (const end = Date.now() + DEADLINE_MS; !isShared() && Date.now() < end; await sleep(50))
      await load.askAll();
    expect({ shares: [...load.shares.values()], isShared: isShared() }).toMatchObject({ isShared: true });
    const from = server.lines.length;
    load.ask(0);
    await server.until('a shrink', () => server.of('scaling', from).find(({ to }) => to === 1));
    await server.event('exited', { from });
    await load.askAll();
    expect(load.shares.size).toBe(1);
    expect(load.failures).toEqual([]);
  },
);

thorough('a re-exec begins with the number that the load has asked for', async () => {
  const server = await start('1..3', '--scale-up-after', '1s', '--scale-down-after', '20s');
  const load = await connect(server, 6, '/?block=20', 1);
  load.ask(6);
  await server.until('three workers', () => server.readyPids.length === 3);
  load.ask(1);
  expect((await server.reExec()).outcome).toBe('committed');
  await server.event('took-over');
  const started = server.of('started').at(-1);
  expect(started?.size).toBe(3);
  expect(load.failures).toEqual([]);
});

thorough('what a person asks for goes first, and is given back', async () => {
  const server = await start('1..3', '--scale-up-after', '1s', '--scale-down-after', '1s');
  const socket = await socketOf(server);
  const scale = async (body: object) =>
    (await request(socket, 'POST', '/scale', JSON.stringify(body))).lines[0];
  expect(await scale({ to: 4, by: 'a test' })).toEqual({ from: 1, to: 4 });
  expect(await desired(server)).toEqual({ workers: 4, by: 'a test', pinned: '1..3' });
  expect(await scale({ range: 'auto' })).toEqual({ from: 4, to: 3, range: '1..3' });
  await server.until('a shrink by the scaler', () =>
    server.of('resized').find(({ size, by }) => size === 1 && by === 'scaler'),
  );
  expect(await scale({ range: '2..2', by: 'x' })).toEqual({ from: 1, to: 2 });
  server.signal('SIGTTIN');
  await server.until('TTIN', () =>
    server.of('resized').find(({ size, by }) => size === 3 && by === 'SIGTTIN'),
  );
});

const inGroup = (group: ControlGroup | undefined) => (group ? test : test.skip);
const MB = 1024 * 1024;

const memory = isLong ? ControlGroup.withMemory(1_000 * MB) : undefined;
const cpus = isLong && availableParallelism() > 1 ? ControlGroup.withCpus(1) : undefined;
afterAll(() => {
  memory?.remove();
  cpus?.remove();
});

inGroup(memory)(
  'a worker that does not fit into the control group is not started, until it fits',
  async () => {
    const server = await startServer(fixture('keeps-its-loop-busy.mjs'), {
      env: { HOLDS_MB: '100' },
      args: ['--workers', '1..2', '--scale-up-after', '1s'],
      ...(memory && { through: memory.through }),
    });
    expect(server.of('scaling-range')[0]?.msg).toMatch(
      /memory: \d+ MB of the 1000 MB of the control group are free/,
    );
    memory?.limitMemory((memory?.usedMemory ?? 0) + 60 * MB);
    const load = await connect(server, 30, '/?block=20', 1);
    load.ask(4);
    expect(await server.event('scaling-held')).toMatchObject({
      reason: 'memory',
      msg: 'scaling stays at 1: the memory has room for no further worker',
    });
    expect(server.of('scaling')).toEqual([]);
    memory?.limitMemory(1_000 * MB);
    expect(await server.event('resized')).toMatchObject({ from: 1, size: 2, by: 'scaler' });
    expect(load.failures).toEqual([]);
  },
);

inGroup(cpus)('a range up to `auto` follows a CPU quota that is resized in place', async () => {
  const server = await startServer(fixture('keeps-its-loop-busy.mjs'), {
    args: ['--workers', '1..auto', '--scale-up-after', '1s'],
    ...(cpus && { through: cpus.through }),
  });
  expect(server.of('scaling-range')[0]?.msg).toMatch(/always 1 \(auto is 1; 1 of \d+ CPUs are usable/);
  const load = await connect(server, 30, '/?block=20', 1);
  load.ask(4);
  expect(await server.event('scaling-held')).toMatchObject({
    reason: 'max',
    msg: expect.stringMatching(/^scaling stays at 1: .* 1 is the most for 1 CPU$/),
  });
  cpus?.limitCpus(2);
  expect(await server.event('resized')).toMatchObject({ from: 1, size: 2 });
  cpus?.limitCpus(1);
  const shrink = await server.until('a shrink', () => server.of('scaling').find(({ to }) => to === 1));
  expect(shrink).toMatchObject({ from: 2, reason: 'cpus' });
  await server.event('exited');
  await load.askAll();
  expect(load.failures).toEqual([]);
});

/** Seconds. The default fits the long suite; with SCALING_SECONDS=75 SCALING_DOWN=60s SCALING_BURN=8 it is the run of docs/scaling.md. */
const atRest = times('SCALING_SECONDS', 5, 18);
const down = process.env.SCALING_DOWN ?? '8s';
const most = 6;

interface Step {
  readonly name: string;
  readonly path: string;
  readonly grows: boolean;
}

/** Milliseconds of CPU that a request computes: SCALING_BURN=8 needs 1.2 CPUs at 6x, and the load a further one. */
const burn = process.env.SCALING_BURN;

const steps: readonly Step[] = [
  { name: 'blocks its loop', path: '/?block=20', grows: true },
  { name: 'waits', path: '/?wait=20', grows: false },
  ...(burn === undefined ? [] : [{ name: 'computes', path: `/?burn=${burn}`, grows: true }]),
];

thorough.each(steps)(
  'a load of 1x, 6x and 1x on an app that $name',
  async ({ name, path, grows }) => {
    // Most clients do nothing for longer than Node waits for a first request, or for the next one.
    const args = ['--scale-down-after', down, '--keep-alive-timeout', '10m'];
    const server = await start(`1..${most}`, ...args);
    const load = await connect(server, 60, path, 80);
    await load.askAll();
    const phase = async (asking: number, seconds: number) => {
      load.ask(asking);
      load.forget();
      const at = Date.now();
      await new Promise((resolve) => setTimeout(resolve, seconds * 1_000));
      return { at, p50: load.percentile(0.5), p99: load.percentile(0.99) };
    };
    const first = await phase(2, 5);
    const peak = await phase(12, Number(process.env.SCALING_PEAK ?? 22));
    const last = await phase(2, atRest);
    const scalings = server.of('scaling');
    const report = { ...followed(server, first.at, peak.at), p99: [first.p99, peak.p99, last.p99] };
    process.stdout.write(
      `${name}: ${JSON.stringify(report)}\n${scalings.map(({ msg }) => msg).join('\n')}\n`,
    );
    await load.askAll();
    expect(load.failures).toEqual([]);
    expect(report.reversals).toBeLessThanOrEqual(1);
    if (!grows) return expect(scalings).toEqual([]);
    expect(report.peak).toBeGreaterThan(1);
    expect(report.now).toBeLessThan(report.peak);
  },
  600_000,
);

/** Seconds from the step to the last new worker, changes of direction, and worker hours in parts of a fixed number's. */
function followed(server: TestServer, from: number, stepAt: number) {
  const resized = server.of('resized');
  const sizes = resized.map(({ size }) => size as number);
  const ups = resized.filter(({ size, from: before }) => (size as number) > (before as number));
  const directions = server
    .of('scaling')
    .map(({ from: before, to }) => Math.sign((to as number) - (before as number)));
  const peak = Math.max(1, ...sizes);
  const end = Date.now();
  let used = 0;
  let at = from;
  let size = 1;
  for (const line of [...resized, { time: end, size: 0 } as unknown as LogLine]) {
    used += (line.time - at) * size;
    at = line.time;
    size = line.size as number;
  }
  return {
    followedAfter: ups.length === 0 ? undefined : ((ups.at(-1)?.time ?? 0) - stepAt) / 1_000,
    firstAfter: ups.length === 0 ? undefined : ((ups[0]?.time ?? 0) - stepAt) / 1_000,
    reversals: directions.filter((direction, index) => index > 0 && direction !== directions[index - 1])
      .length,
    peak,
    now: sizes.at(-1) ?? 1,
    hoursOfFixed: Math.round((used / ((end - from) * peak)) * 100) / 100,
  };
}
