/** A hung worker is seen, explained and replaced. */
import { once } from 'node:events';
import http from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { WebSocketClient } from '../packages/master/src/hang/websocket-client.ts';
import { Command, request, socketOf } from './support/control.ts';
import { ask, MixedLoad } from './support/load.ts';
import { brief, thorough } from './support/long.ts';
import { listeningPorts } from './support/ports.ts';
import { endServers, fixture, type LogLine, startServer, TestServer } from './support/server.ts';

afterEach(endServers);

const linux = process.platform === 'linux' ? brief : test.skip;
const linuxThorough = process.platform === 'linux' ? thorough : test.skip;

const app = fixture('hangs.mjs');
const start = (workers = 2, ...args: string[]) =>
  startServer(app, { workers, args: ['--timeout', '2s', ...args] });

/** Sends a request that nobody is going to answer; resolves when it is sent. */
async function provoke(server: TestServer, requestPath: string): Promise<void> {
  const asked = http.get({ port: server.port, host: '127.0.0.1', path: requestPath, agent: false });
  asked.on('error', () => {});
  await once(asked, 'finish');
}

interface Hung extends LogLine {
  readonly pid: number;
  readonly stack: { function: string; file: string; line: number; column: number }[];
  readonly requests: { method: string; path: string; ageMs: number }[];
}

const hung = async (server: TestServer, count = 1) => (await server.event('hung', { count })) as Hung;

describe('JavaScript that never lets go', () => {
  brief(
    'three workers that hang at once are explained: the function, its place and the request',
    async () => {
      const server = await start(4);
      const stuck = [
        ['/spins', 'spinsForEver', 6],
        ['/regex', 'catastrophic', 9],
        ['/atomics', 'waitsForNobody', 10],
      ] as const;
      for (const [where] of stuck) {
        await provoke(server, `${where}?token=secret`);
        // One worker may accept several connections in one go; once it is stuck, it does not.
        await sleep(300);
      }
      const of = (name: string) =>
        server.of('hung').find(({ msg }) => msg.includes(`stuck in ${name} (`)) as Hung;
      await server.until('all three', () => stuck.every(([, name]) => of(name)));
      const lines = stuck.map(([, name]) => of(name));
      for (const [where, name, line] of stuck) {
        const said = lines.find(({ msg }) => msg.includes(`stuck in ${name} (${app}:${line}:`));
        expect(said?.msg).toContain(`  | requests in flight: GET ${where} (`);
        expect(said?.msg).not.toContain('secret');
        expect(said?.stack[0]).toMatchObject({ function: name, file: app, line });
        expect(said?.requests).toMatchObject([{ method: 'GET', path: where, answering: false }]);
        expect(said).toMatchObject({ level: 50, rss: expect.any(Number), loopDelayMs: expect.any(Number) });
      }
      const pids = new Set(lines.map(({ pid }) => pid));
      expect(pids.size).toBe(stuck.length);
      await server.until('four workers', () => server.readyPids.filter((pid) => !pids.has(pid)).length === 4);
      // Nobody has to read the inspector's own chatter.
      expect(server.output).not.toMatch(/Debugger|For help, see/);
    },
  );

  brief('the others fail no request, and the replacement does not wait for the corpse', async () => {
    const server = await start(3);
    const load = new MixedLoad({ port: server.port });
    await provoke(server, '/freezes-soon');
    // What is on that worker is lost with it: the load comes when it takes no more.
    await sleep(1_000);
    load.start({ fresh: 3, posts: 3, slow: 1, uploads: 1 });
    const { pid } = await hung(server);
    await server.until('three workers', () => server.readyPids.filter((ready) => ready !== pid).length === 3);
    await load.flow(50);
    await load.stop();
    expect(load.failures).toEqual([]);
    const index = (event: string, of: (line: LogLine) => boolean) =>
      server.lines.findIndex((line) => line.event === event && of(line));
    await server.until('its end', () => index('exited', (line) => line.pid === pid) >= 0);
    const started = server.lines.findLastIndex(({ event }) => event === 'spawned');
    expect(started).toBeLessThan(index('exited', (line) => line.pid === pid));
  });

  brief('a worker that hangs while it drains is explained', async () => {
    const server = await start(1, '--grace', '1s');
    await provoke(server, '/spins');
    await sleep(500);
    server.signal('SIGTERM');
    expect((await hung(server)).msg).toContain('stuck in spinsForEver');
    expect(await server.exited).toBe(0);
  });

  brief('a hang at import is explained when the boot timeout is over', async () => {
    const server = new TestServer(fixture('hangs-on-import.mjs'), { args: ['--boot-timeout', '6s'] });
    const said = await hung(server);
    expect(said.msg).toMatch(
      /did not finish booting in .*: it was in initialises \(.*hangs-on-import\.mjs:3:/,
    );
    expect(await server.exited).toBe(3);
  });

  thorough('tshorn check tells where an app hangs while it loads', async () => {
    const args = ['check', fixture('hangs-on-import.mjs'), '--boot-timeout', '6s'];
    const { code, errors } = await new Command(args, {}).ended;
    expect(code).toBe(3);
    expect(errors).toMatch(/it was in initialises \(.*hangs-on-import\.mjs:3:/);
  });

  thorough('an app that waits for ever while it loads is told from one that hangs', async () => {
    const server = new TestServer(fixture('waits-on-import.mjs'), { args: ['--boot-timeout', '6s'] });
    expect((await server.event('never-came-up')).msg).toContain('its event loop runs and waits (open: ');
    expect(await server.exited).toBe(3);
  });
});

describe('what is stuck outside of JavaScript', () => {
  linux('execSync: the child process that it waits for', async () => {
    const server = await start();
    await provoke(server, '/exec');
    expect((await hung(server)).msg).toMatch(/waiting for its child process \d+ \(.*sleep 60\)/);
  });

  linuxThorough('a worker that is stopped by a signal', async () => {
    const server = await start();
    process.kill(server.readyPids[0] as number, 'SIGSTOP');
    expect((await hung(server)).msg).toContain('stopped by a signal (SIGSTOP)');
    await server.until('its end', () => server.of('exited').length === 1);
  });

  linuxThorough('--disable-sigusr1: why there is no stack', async () => {
    const known = process.allowedNodeEnvironmentFlags.has('--disable-sigusr1');
    if (!known) return;
    const server = await startServer(app, {
      args: ['--timeout', '2s'],
      env: { NODE_OPTIONS: '--disable-sigusr1' },
    });
    await provoke(server, '/spins');
    const { msg } = await hung(server);
    expect(msg).toContain('busy in JavaScript or native code');
    expect(msg).toContain('--disable-sigusr1');
  });
});

describe('what is no hang', () => {
  linux('a master that stood still for longer than the timeout kills nobody', async () => {
    const server = await start(2, '--timeout', '4s');
    const pids = server.readyPids;
    server.signal('SIGSTOP');
    await sleep(5_000);
    server.signal('SIGCONT');
    await sleep(4_500);
    expect(server.of('hung')).toEqual([]);
    expect(server.readyPids).toEqual(pids);
  });

  linuxThorough(
    'a server that stood still with its workers, as in a container that is paused, kills nobody',
    async () => {
      const server = await start();
      const { readyPids } = server;
      // At rest they leave their heartbeats in a file, and the master reads only now what they wrote before.
      const all = [server.pid, ...readyPids];
      for (let round = 0; round < 2; round++) {
        for (const pid of all) process.kill(pid, 'SIGSTOP');
        await sleep(5_000);
        for (const pid of all) process.kill(pid, 'SIGCONT');
        await sleep(3_700);
        expect(server.of('hung')).toEqual([]);
      }
      expect(server.readyPids).toEqual(readyPids);
    },
  );

  thorough('--timeout 0 leaves a worker that hangs alone', async () => {
    const server = await startServer(app, { workers: 2, args: ['--timeout', '0', '--quick-grace', '500ms'] });
    // It waits and takes no CPU time meanwhile.
    await provoke(server, '/atomics');
    await sleep(3_000);
    expect(server.of('hung')).toEqual([]);
  });

  thorough('an app that takes its time to clean up is waited for', async () => {
    const cleansUp = fixture('cleans-up-for-long.mjs');
    const server = await startServer(cleansUp, { args: ['--timeout', '2s'], env: { MS: '3500' } });
    expect(await server.stop()).toBe(0);
    expect(server.of('hung')).toEqual([]);
    expect(server.of('exited')[0]?.msg).toContain('exit code 0');
  });

  thorough('an app that does not end after its clean-up is told to be waiting, not to hang', async () => {
    const cleansUp = fixture('cleans-up-for-long.mjs');
    const server = await startServer(cleansUp, { args: ['--grace', '1s'], env: { MS: '60000' } });
    expect(await server.stop()).toBe(0);
    expect(server.of('hung')).toEqual([]);
    expect(server.of('never-left')[0]?.msg).toMatch(/did not finish its own clean-up: .*open: .*Timeout/);
  });

  linux('the inspector of a healthy worker does not listen', async () => {
    const server = await start();
    for (const pid of server.readyPids) expect(listeningPorts(pid)).toMatchObject([{ port: server.port }]);
  });

  linuxThorough(
    'the inspector of a worker that was interrupted is shut, while the worker finishes its requests',
    async () => {
      const server = await start(1, '--log-level', 'debug');
      const pid = server.pidOf(0);
      await provoke(server, '/never');
      await sleep(300);
      await provoke(server, '/spins');
      const { openMs } = await server.event('inspector-shut');
      expect(openMs).toBeGreaterThan(0);
      // The worker is told to shut it in its next turn.
      const others = () => listeningPorts(pid).filter((port) => String(port) !== String(server.port));
      while (others().length > 0) await sleep(20);
      await server.event('contained');
    },
  );

  brief(
    "what the app writes to stderr passes through, and its processes do not inherit the master's flags",
    async () => {
      const server = await start(1);
      await ask({ port: server.port }, { path: '/writes-stderr' });
      await server.until('the line', () => server.output.includes('a line of the app'));
      const { body } = await ask({ port: server.port }, { path: '/exec-argv' });
      expect(JSON.parse(body)).toEqual([]);
    },
  );

  thorough('a person may look into a worker: the address is told, and the worker is left alone', async () => {
    const server = await start(1);
    const pids = server.readyPids;
    process.kill(pids[0] as number, 'SIGUSR1');
    const address = await server.until(
      'the address',
      () => /ws:\/\/127\.0\.0\.1:\S+/.exec(server.output)?.[0],
    );
    const debuggers = new WebSocketClient(address, { onMessage: () => {}, onEnd: () => {} });
    debuggers.send('{"id":1,"method":"Debugger.enable"}');
    debuggers.send('{"id":2,"method":"Debugger.pause"}');
    await server.until('the visitor', () => server.output.includes('Debugger attached'));
    // It stands still for longer than the timeout, at a breakpoint.
    await sleep(3_000);
    debuggers.close();
    expect(server.of('hung')).toEqual([]);
    expect(server.readyPids).toEqual(pids);
  });
});

describe('early signs', () => {
  brief('a late event loop is warned of, with the request, and stands in the status', async () => {
    const server = await start(1, '--timeout', '30s', '--loop-delay-warning', '2s');
    await ask({ port: server.port }, { path: '/blocks' });
    const line = await server.event('loop-delay');
    expect(line).toMatchObject({ level: 40, loopDelayMs: expect.any(Number) });
    expect(line.msg).toContain('GET /blocks (');
    const [status] = (await request(await socketOf(server), 'GET', '/status')).lines;
    expect(status?.workers).toMatchObject([{ loopDelayMs: expect.any(Number) }]);
  });

  thorough('a request that waits too long for its headers is warned of once, and not cut', async () => {
    const server = await start(1, '--request-timeout', '1s');
    await provoke(server, '/never?token=secret');
    await provoke(server, '/stream?ms=3500');
    const line = await server.event('slow-request');
    expect(line).toMatchObject({ level: 40, method: 'GET', path: '/never' });
    expect(line.msg).not.toContain('secret');
    await sleep(1_500);
    expect(server.of('slow-request')).toHaveLength(1);
  });

  thorough('many such requests are summed up', async () => {
    const server = await start(1, '--request-timeout', '1s');
    for (let at = 0; at < 30; at++) provoke(server, '/never');
    await server.event('slow-request', { count: 10 });
    await sleep(1_500);
    expect(server.of('slow-request')).toHaveLength(10);
  });
});
