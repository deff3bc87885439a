/** `tshorn leave` and `tshorn stay`: a server leaves its load balancer and comes back, and serves on meanwhile. */
import net from 'node:net';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { Command, type Ended } from './support/control.ts';
import { directory, ownDirectory } from './support/directory.ts';
import { brief, thorough } from './support/long.ts';
import { fixture, startServer, type TestServer } from './support/server.ts';

ownDirectory();

const start = (...more: string[]): Promise<TestServer> =>
  startServer(fixture('says-hello.mjs'), {
    args: [
      ...['--admin', '127.0.0.1:0', '--agent', `unix:${path.join(directory, 'agent')}`],
      ...['--control', path.join(directory, 'control'), ...more],
    ],
  });

const tshorn = (...args: string[]): Promise<Ended> =>
  new Command(args, { TSHORN_CONTROL: path.join(directory, 'control') }).ended;

const agent = (): Promise<string> => text(net.connect(path.join(directory, 'agent')));

async function ready(server: TestServer): Promise<[number, string]> {
  const address = server.of('admin-listening').findLast(({ listener }) => listener === 'admin')?.address;
  const reply = await fetch(`http://${address}/ready`);
  return [reply.status, await reply.text()];
}

/** The worker hears of it a moment after the command has ended. */
async function untilStatusIs(server: TestServer, status: number): Promise<void> {
  for (;;) {
    const reply = await fetch(`${server.origin}/_status`);
    await reply.text();
    if (reply.status === status) return;
    await sleep(20);
  }
}

async function expectLeaving(server: TestServer): Promise<void> {
  expect(await ready(server)).toEqual([503, 'leaving: by tshorn leave\n']);
  expect(await agent()).toBe('drain\n');
  await untilStatusIs(server, 503);
  expect((await fetch(server.origin)).status).toBe(200);
}

async function expectStaying(server: TestServer): Promise<void> {
  expect(await ready(server)).toEqual([200, 'ready\n']);
  expect(await agent()).toBe('up ready 100%\n');
  await untilStatusIs(server, 200);
}

brief(
  'a server that leaves asks for no traffic and serves on, over a reload too, until it stays',
  async () => {
    const server = await start();
    expect(await tshorn('leave')).toMatchObject({ code: 0, out: expect.stringMatching(/^leaving: /) });
    await expectLeaving(server);
    expect(await server.reload()).toMatchObject({ outcome: 'committed' });
    await expectLeaving(server);
    expect((await tshorn('status')).out).toContain('by tshorn leave');
    expect(await tshorn('stay')).toMatchObject({ code: 0, out: expect.stringMatching(/^staying: /) });
    await expectStaying(server);
  },
);

thorough('a new master leaves as the old one did, until it is told to stay', async () => {
  const server = await start();
  await tshorn('leave');
  expect(await server.reExec()).toMatchObject({ outcome: 'committed' });
  await expectLeaving(server);
  expect((await tshorn('stay')).code).toBe(0);
  await expectStaying(server);
});

thorough('a second leave, a stay without one, and one during a stop are told', async () => {
  const server = await start('--stop-delay', '1m');
  expect((await tshorn('stay')).out).toBe('the server was not leaving\n');
  await tshorn('leave');
  expect((await tshorn('leave')).out).toMatch(/^leaving already, by tshorn leave since /);
  server.signal('SIGTERM');
  await server.event('leaving', { count: 2 });
  for (const command of ['leave', 'stay']) {
    expect(await tshorn(command)).toMatchObject({
      code: 1,
      errors: expect.stringContaining('the master is stopping'),
    });
  }
  server.signal('SIGTERM');
  expect(await server.exited).toBe(0);
});

thorough('a stop after the time of --stop-delay has nothing left to wait for', async () => {
  const server = await start('--stop-delay', '100ms');
  expect((await tshorn('leave', '--wait', '200ms')).code).toBe(0);
  server.signal('SIGTERM');
  expect(await server.exited).toBe(0);
  expect(server.of('leaving')).toHaveLength(1);
});
