/** `--inspect`: a debugger finds the newest worker at one address, and never costs a reload. */
import fs from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { Debugger, nodeInspect } from './support/debugger.ts';
import { freePorts } from './support/free-ports.ts';
import { ask } from './support/load.ts';
import { brief, thorough } from './support/long.ts';
import { Releases } from './support/releases.ts';
import { endServers, fixture, type ServerOptions, startServer, TestServer } from './support/server.ts';

const app = fixture('stops-at-breakpoint.mjs');
const pidIn = (debuggers: Debugger) => debuggers.evaluate('process.pid');

let port: number;
beforeEach(async () => {
  [port] = (await freePorts(3)) as [number];
});
const attached: Debugger[] = [];
const attach = async (at = port) => {
  const one = await Debugger.attach(at);
  attached.push(one);
  return one;
};
afterEach(async () => {
  for (const one of attached.splice(0)) one.close();
  await endServers();
});

const start = (options: ServerOptions = {}, file = app) =>
  startServer(file, { ...options, args: [`--inspect=${port}`, '--soak', '0', ...(options.args ?? [])] });

thorough(
  'a debugger that attaches again finds the new worker at the same address after each reload',
  async () => {
    const server = await start();
    for (let reload = 0; reload < 3; reload++) {
      const debuggers = await attach();
      expect(await pidIn(debuggers)).toBe(server.pidOf(0));
      const verdict = server.reload();
      await debuggers.ended;
      expect((await verdict).outcome).toBe('committed');
    }
    expect(await pidIn(await attach())).toBe(server.pidOf(0));
  },
);

thorough('each worker has a port of its own, by its slot', async () => {
  const server = await start({ workers: 2 });
  await server.reload();
  expect(await pidIn(await attach())).toBe(server.pidOf(0));
  expect(await pidIn(await attach(port + 1))).toBe(server.pidOf(1));
});

brief(
  'a worker at a breakpoint is not killed as hung, and a reload has it go on and finish its request',
  async () => {
    const server = await start({ args: ['--timeout', '5s'] });
    const pid = server.pidOf(0);
    const debuggers = await attach();
    const answer = ask({ port: server.port }, { path: '/stops' });
    expect(await debuggers.paused()).toMatchObject({ file: expect.stringContaining(app) });
    await sleep(6_000);
    expect(server.of('hung')).toEqual([]);
    const verdict = server.reload();
    expect((await answer).body).toBe(String(pid));
    expect(await verdict).toMatchObject({ outcome: 'committed' });
    expect(server.of('killed')).toEqual([]);
    expect(await pidIn(await attach())).toBe(server.pidOf(0));
  },
);

thorough(
  'a reload with `node inspect` attached answers the request in flight, and the old worker leaves',
  async () => {
    const server = await start({ args: ['--timeout', '2s'] });
    const pid = server.pidOf(0);
    const client = await nodeInspect(port);
    try {
      const answer = await fetch(`${server.origin}/slow`);
      expect((await server.reload()).outcome).toBe('committed');
      expect(await answer.text()).toBe(String(pid));
      await server.event('exited');
      expect([...server.of('hung'), ...server.of('killed')]).toEqual([]);
      expect(await pidIn(await attach())).toBe(server.pidOf(0));
    } finally {
      await client.end();
    }
  },
);

thorough('a crash with `node inspect` attached ends the worker at once', async () => {
  const server = await start();
  const client = await nodeInspect(port);
  try {
    client.type('exec setTimeout(() => { throw new Error("crash") }, 0)');
    await server.event('crashed');
    await server.event('ready', { count: 2 });
  } finally {
    await client.end();
  }
});

thorough('after a bad release the old worker listens for the debugger again', async () => {
  const releases = new Releases().deploy();
  const server = await start({}, releases.app);
  const pid = server.pidOf(0);
  const debuggers = await attach();
  releases.deploy('throw new Error("no")');
  const verdict = server.reload();
  await debuggers.ended;
  expect((await verdict).outcome).toBe('rolled-back');
  const again = await attach();
  expect(await pidIn(again)).toBe(pid);
  releases.remove();
});

thorough(
  '--inspect-brk stops each new worker at the first line of the app, and no timeout ends one that waits',
  async () => {
    const args = [`--inspect-brk=${port}`, '--boot-timeout', '4s', '--soak', '0'];
    const server = new TestServer(app, { args });
    for (const event of ['started', 'reload-finished']) {
      if (event === 'reload-finished') server.signal('SIGHUP');
      const from = server.lines.length;
      await server.event('inspector', { count: event === 'started' ? 1 : 2 });
      // Longer than the boot timeout.
      if (event === 'started') await sleep(4_500);
      const debuggers = await attach();
      expect(await debuggers.paused()).toMatchObject({ file: expect.stringContaining(app) });
      if (event === 'started') await sleep(4_500);
      else expect(server.of('reload-finished', from)).toEqual([]);
      void debuggers.send('Debugger.resume');
      await server.event(event);
    }
    expect(server.of('broken')).toEqual([]);
    expect(server.of('reload-finished')[0]).toMatchObject({ outcome: 'committed' });
  },
);

thorough('a port that another program has is told, and does not keep the app from serving', async () => {
  const other = await start();
  const server = await start();
  expect(server.of('inspector')[0]).toMatchObject({
    level: 40,
    msg: expect.stringContaining(`127.0.0.1:${port}`),
  });
  await other.stop();
  expect(await pidIn(await attach())).toBe(server.pidOf(0));
});

thorough(
  "Node's own --inspect in NODE_OPTIONS gives each slot a port behind that of the master, over reloads",
  async () => {
    const server = await startServer(app, { workers: 2, env: { NODE_OPTIONS: `--inspect=${port}` } });
    await server.reload();
    expect(await pidIn(await attach())).toBe(server.pid);
    expect(await pidIn(await attach(port + 1))).toBe(server.pidOf(0));
    expect(await pidIn(await attach(port + 2))).toBe(server.pidOf(1));
  },
);

brief('a worker that hangs is explained through the inspector that listens already', async () => {
  const server = await startServer(fixture('hangs.mjs'), { args: [`--inspect=${port}`, '--timeout', '2s'] });
  ask({ port: server.port }, { path: '/spins' }).catch(() => {});
  const line = await server.event('hung');
  expect(line.reason).toContain('spinsForEver');
});

thorough('a crash with a debugger attached ends the worker at once', async () => {
  const server = await start({}, fixture('mixed.mjs'));
  const debuggers = await attach();
  void debuggers.evaluate('setTimeout(() => { throw new Error("crash") }, 0)');
  await server.event('crashed');
  await server.event('ready', { count: 2 });
  expect(fs.existsSync(`/proc/${server.pid}`)).toBe(true);
});
