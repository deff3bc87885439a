/** A hang in every situation: alone, together, in a reload, in a drain, twice in one worker; and what turns the rescue off. */
import { existsSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Bystanders, get } from './support/bystanders.ts';
import { DEADLINE_MS } from './support/deadline.ts';
import { pollUntil } from './support/eventually.ts';
import { type Contained, hangRound } from './support/hang-round.ts';
import { KeepAliveClient } from './support/keep-alive-client.ts';
import { brief, thorough } from './support/long.ts';
import { listeningPorts } from './support/ports.ts';
import { isAlive } from './support/processes.ts';
import {
  endServers,
  fixture,
  type LogLine,
  type ServerOptions,
  startServer,
  type TestServer,
} from './support/server.ts';

const numbers = { idle: 40, webSockets: 8, slow: 8 };
/** Nothing is lost but the request that hangs. */
const NOTHING = { closedIdle: 0, closedWebSockets: 0, lost: 0 };
const linux = process.platform === 'linux' ? brief : test.skip;
const linuxThorough = process.platform === 'linux' ? thorough : test.skip;

const all: Bystanders[] = [];
const clients: KeepAliveClient[] = [];
afterEach(async () => {
  for (const one of [...all.splice(0), ...clients.splice(0)]) one.leave();
  await endServers();
});

const start = (workers: number, options: ServerOptions = {}) =>
  startServer(fixture('hangs-in-many-ways.mjs'), {
    workers,
    ...options,
    args: ['--timeout', '2s', ...(options.args ?? [])],
  });

async function gather(server: TestServer, some = numbers): Promise<Bystanders> {
  const bystanders = await Bystanders.connect(server.port, some);
  all.push(bystanders);
  return bystanders;
}

/** Resolves with a client of this worker. */
async function clientOf(server: TestServer, pid: number): Promise<KeepAliveClient> {
  for (const end = Date.now() + DEADLINE_MS; Date.now() < end; await sleep(5)) {
    const client = await KeepAliveClient.connect({ port: server.port });
    clients.push(client);
    await client.ask([get('/')], /^\d+$/);
    if (client.lastPid === pid) return client;
    clients.pop()?.leave();
  }
  throw new Error(`no client reaches ${pid}\n${server.story}`);
}

const NOBODY = /^nobody answers$/;
const of = (server: TestServer, event: string, pid: number) =>
  server.until(`${event} of ${pid}`, () => server.of(event).find((line: LogLine) => line.pid === pid));

/** The log of a failed test says why. */
async function contains(server: TestServer, pid: number, expected: Partial<Contained>): Promise<void> {
  const line = await of(server, 'contained', pid);
  try {
    expect(line).toMatchObject(expected);
  } catch (error) {
    throw new Error(`${error}
${server.story}`);
  }
}

describe('one request hangs its worker', () => {
  thorough('the only worker: its idle connections wait for the replacement', async () => {
    const server = await start(1);
    const { cost, culprit, contained } = await hangRound(server, { kind: 'handler', slot: 0, numbers });
    expect(cost).toMatchObject(NOTHING);
    expect(contained).toMatchObject({ interrupted: true, lost: 1 });
    expect(culprit).toBe('503');
  });

  thorough(
    'the only worker, which cannot be interrupted: its idle connections wait for the replacement',
    async () => {
      const server = await start(1, { env: { CAPTURES: 'yes' } });
      const { cost, contained, on } = await hangRound(server, { kind: 'handler', slot: 0, numbers });
      if (cost.closedIdle > 0) throw new Error(server.story);
      expect(cost).toMatchObject({ closedIdle: 0, closedWebSockets: 0 });
      expect(contained).toMatchObject({ interrupted: false, rescued: cost.atRest, lost: on.slow + 1 });
    },
  );

  thorough('a new release that hangs is rolled back, and its connections are saved', async () => {
    const server = await start(2, { env: { TSHORN_SOAK: '20s' } });
    const from = server.lines.length;
    const verdict = server.reload();
    await server.event('ready', { from });
    const { worker } = server.of('ready', from)[0] as LogLine & { worker: number };
    const round = await hangRound(server, { kind: 'handler', slot: worker, numbers });
    expect(await verdict).toMatchObject({
      outcome: 'rolled-back',
      reason: expect.stringMatching(/hung|hang/),
    });
    expect(round.cost).toMatchObject(NOTHING);
    expect(round.failuresBeside).toEqual([]);
    expect(round.contained).toMatchObject({ interrupted: true, lost: 1 });
  });

  thorough(
    'requests that wait for a lock that the interrupted code holds are cut at the grace, and counted',
    async () => {
      const server = await start(1, { args: ['--crash-grace', '2s'] });
      const pid = server.pidOf(0);
      const culprit = await clientOf(server, pid);
      const waiting = await Promise.all([1, 2, 3].map(() => clientOf(server, pid)));
      const lost = culprit.ask([get('/hang/lock')], NOBODY);
      // It has the lock before they ask.
      for (const client of waiting) await client.ask([get('/')], /^\d+$/);
      const cut = waiting.map((client) => client.ask([get('/locked')], /^\d+$/));
      await contains(server, pid, { interrupted: true, lost: 4 });
      await Promise.all([lost, ...cut]);
      expect(waiting.map(({ open }) => open)).toEqual([false, false, false]);
    },
  );

  thorough(
    'a worker that was interrupted and hangs again leaves, and what it had at rest is saved',
    async () => {
      const server = await start(2);
      const pid = server.pidOf(0);
      const bystanders = await gather(server, { ...numbers, slow: 0 });
      const first = bystanders.takeIdle(pid);
      const second = bystanders.takeIdle(pid);
      const later = second.ask([get('/hang/later')], NOBODY);
      const now = first.ask([get('/hang/handler')], NOBODY);
      await contains(server, pid, { cause: 'hang', lost: 2 });
      await Promise.all([later, now]);
      expect(await bystanders.costOf(pid)).toMatchObject(NOTHING);
      expect(bystanders.failuresBeside(pid)).toEqual([]);
    },
  );
});

thorough('two workers that hang at once: each costs its one request', async () => {
  const server = await start(4);
  const bystanders = await gather(server, { idle: 80, webSockets: 16, slow: 16 });
  const pids = [server.pidOf(0), server.pidOf(1)];
  bystanders.beginSlow((at) => `/slow?ms=${1_500 + at * 150}`);
  const hangs = pids.map((pid) => bystanders.takeIdle(pid).ask([get('/hang/handler')], NOBODY));
  for (const pid of pids) {
    await contains(server, pid, { interrupted: true, lost: 1 });
    expect(await bystanders.costOf(pid)).toMatchObject(NOTHING);
  }
  await Promise.all(hangs);
  await server.until('four workers', () => server.readyPids.length === 4);
});

thorough('a worker that hangs while it drains is interrupted, and finishes its other requests', async () => {
  const server = await start(2);
  const pid = server.pidOf(0);
  const bystanders = await gather(server);
  const culprit = bystanders.takeIdle(pid);
  bystanders.beginSlow((at) => `/slow?after=drain&ms=${1_500 + at * 150}`);
  const lost = culprit.ask([get('/hang/draining')], NOBODY);
  const verdict = server.reload();
  await of(server, 'draining', pid);
  await contains(server, pid, { interrupted: true, lost: 1 });
  await lost;
  expect(await bystanders.costOf(pid)).toMatchObject(NOTHING);
  expect(bystanders.failuresBeside(pid)).toEqual([]);
  expect(await verdict).toMatchObject({ outcome: 'committed' });
});

thorough(
  'a worker that hangs while it is drained and taken back again leaves when it is interrupted',
  async () => {
    const gate = path.join(tmpdir(), `tshorn-gate-${process.pid}`);
    const env = { TSHORN_SOAK: '60s', GATE: gate };
    const server = await start(1, { args: ['--timeout', '5s'], env });
    const pid = server.pidOf(0);
    const bystanders = await gather(server);
    const culprit = bystanders.takeIdle(pid);
    const from = server.lines.length;
    const verdict = server.reload();
    // The hang begins when the boot has no more to do, however long that took: the drain comes before the verdict on the hang.
    await pollUntil(() => existsSync(gate));
    const lost = culprit.ask([get('/hang/handler')], NOBODY);
    rmSync(gate);
    const drained = await of(server, 'draining', pid);
    process.kill((await server.event('ready', { from })).pid as number, 'SIGKILL');
    expect(await verdict).toMatchObject({ outcome: 'rolled-back' });
    await contains(server, pid, { interrupted: true, lost: 1 });
    await lost;
    expect((await of(server, 'exited', pid)).msg).not.toContain('SIGKILL');
    expect(drained.time).toBeLessThan((await of(server, 'hung', pid)).time);
    expect(await bystanders.costOf(pid)).toMatchObject(NOTHING);
  },
);

/** Stops a worker of a new server until the verdict. */
async function stopUntilVerdict() {
  const server = await start(2);
  const pid = server.pidOf(0);
  const bystanders = await gather(server);
  bystanders.beginSlow((at) => `/slow?ms=${1_500 + at * 300}`);
  const from = server.lines.length;
  process.kill(pid, 'SIGSTOP');
  await server.event('rescuing', { from });
  if (isAlive(pid)) process.kill(pid, 'SIGCONT');
  return { server, pid, bystanders, contained: await of(server, 'contained', pid) };
}

linuxThorough('a worker that was stopped until just after the verdict loses nothing', async () => {
  let round = await stopUntilVerdict();
  // It has 150 ms to run again, in which this process may not have a CPU: then it is still stopped, and killed.
  const isStopped = () => round.contained.why === 'a signal has stopped it';
  for (let times = 1; isStopped() && times < 3; times++) {
    all.pop()?.leave();
    await endServers();
    round = await stopUntilVerdict();
  }
  const { server, pid, bystanders } = round;
  await contains(server, pid, { lost: 0 });
  expect(await bystanders.costOf(pid)).toMatchObject(NOTHING);
  expect(bystanders.failuresBeside(pid)).toEqual([]);
  expect((await of(server, 'exited', pid)).msg).not.toContain('SIGKILL');
});

describe("the debugger's port", () => {
  linux('is open on loopback alone, and closed again when the worker has been interrupted', async () => {
    const server = await start(2);
    const pid = server.pidOf(0);
    const culprit = await clientOf(server, pid);
    const slow = await clientOf(server, pid);
    const answer = slow.ask([get('/slow?ms=7000')], /^\d+$/);
    const seen = new Set<string>();
    const watch = setInterval(() => {
      for (const { address, port } of listeningPorts(pid)) if (port !== server.port) seen.add(address);
    }, 5);
    await culprit.ask([get('/hang/handler')], NOBODY);
    expect(culprit.failures[0]).toMatch(/^503/);
    await pollUntil(() => listeningPorts(pid).every(({ port }) => port === server.port));
    clearInterval(watch);
    expect(isAlive(pid)).toBe(true);
    expect([...seen]).toEqual(['0100007F']);
    await answer;
    expect(slow.answered).toBe(2);
  });

  linuxThorough('--no-hang-debugger opens none, and the worker is killed', async () => {
    const server = await start(2, { args: ['--no-hang-debugger'] });
    const pid = server.pidOf(0);
    const culprit = await clientOf(server, pid);
    const seen = new Set<number>();
    const watch = setInterval(() => {
      for (const { port } of listeningPorts(pid)) seen.add(port);
    }, 5);
    await culprit.ask([get('/hang/handler')], NOBODY);
    clearInterval(watch);
    const { msg } = await of(server, 'hung', pid);
    expect(msg).toContain('--no-hang-debugger');
    expect((await of(server, 'exited', pid)).msg).toContain('SIGKILL');
    expect([...seen]).toEqual([server.port]);
  });

  thorough('of --inspect stays the one of the worker, which is interrupted all the same', async () => {
    const server = await start(2, { args: ['--inspect=0'] });
    const pid = server.pidOf(0);
    const culprit = await clientOf(server, pid);
    const slow = await clientOf(server, pid);
    const answer = slow.ask([get('/slow?ms=5500')], /^\d+$/);
    const before = listeningPorts(pid);
    await culprit.ask([get('/hang/handler')], NOBODY);
    if (!culprit.failures[0]?.startsWith('503')) throw new Error(server.story);
    await sleep(200);
    const inspectors = before.filter(({ port }) => port !== server.port);
    expect(listeningPorts(pid)).toEqual(expect.arrayContaining(inspectors));
    await answer;
    expect(slow.answered).toBe(2);
  });
});

brief('--on-hang kill explains the worker and kills it', async () => {
  const server = await start(2, { args: ['--on-hang', 'kill'] });
  const pid = server.pidOf(0);
  const culprit = await clientOf(server, pid);
  const beside = await clientOf(server, pid);
  await culprit.ask([get('/hang/handler')], NOBODY);
  expect((await of(server, 'hung', pid)).msg).toContain('stuck in spins');
  await contains(server, pid, { cause: 'hang', interrupted: false, rescued: 0, why: '--on-hang kill' });
  expect((await of(server, 'exited', pid)).msg).toContain('SIGKILL');
  expect([culprit, beside].map(({ open }) => open)).toEqual([false, false]);
});
