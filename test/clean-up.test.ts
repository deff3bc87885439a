/** An app's own clean-up runs as under node: once, after the last request, with a server that it can close. */
import fs from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pollUntil } from './support/eventually.ts';
import { ask } from './support/load.ts';
import { brief, cases, thorough } from './support/long.ts';
import { isAlive } from './support/processes.ts';
import { RawClient } from './support/raw.ts';
import { endServers, fixture, startServer, type TestServer } from './support/server.ts';

const clients: RawClient[] = [];
afterEach(async () => {
  for (const client of clients.splice(0)) client.destroy();
  await endServers();
});

const start = (name: string, env: Record<string, string> = {}, ...args: string[]): Promise<TestServer> =>
  startServer(fixture(`cleans-up/${name}`), { args, env });

async function connect(server: TestServer): Promise<RawClient> {
  const client = await RawClient.open({ port: server.port });
  clients.push(client);
  await client.get('/').answers(1);
  return client;
}

/** How the workers have ended: one line of each. */
const ends = (server: TestServer) =>
  server.of('exited').map(({ level, msg }) => [level, msg.replace(/^.*pid=\d+ /, '')]);

const CLEAN_UPS: readonly (readonly [name: string, end: string])[] = [
  ['closes-its-server.cjs', 'exit code 0'],
  ['exits-when-closed.mjs', 'exit code 0'],
  ['ends-tracked-connections.cjs', 'exit code 0'],
  ['awaits-the-close.mjs', 'exit code 0'],
  ['disposes-of-its-server.cjs', 'exit code 0'],
  ['waits-beside-a-timer.mjs', 'exit code 0'],
  ['raises-the-signal-again.cjs', 'ended by SIGTERM'],
  ['raises-it-if-nobody-else-listens.cjs', 'ended by SIGTERM'],
  ['exits-with-143.cjs', 'exit code 143'],
  ['listens-to-sigint-only.cjs', 'exit code 0'],
  ['obeys-a-message.cjs', 'exit code 0'],
];
/** One that closes its server, one that ends by the signal, and one that is told by a message. */
const SHORT = ['closes-its-server', 'raises-the-signal-again', 'obeys'];

describe.each(cases(CLEAN_UPS, ([name]) => SHORT.some((short) => name.startsWith(short))))(
  '%s',
  (name, end) => {
    test('cleans up once at a reload and once at a stop, and the idle connection goes on', async () => {
      const server = await start(name);
      const client = await connect(server);
      const verdict = await server.reload();
      expect(verdict).toMatchObject({ outcome: 'committed', level: 30 });
      await client.get('/').answers(2);
      expect(client.end).toBeUndefined();
      expect(server.output.match(/cleaned up/g)).toHaveLength(1);
      expect(await server.stop()).toBe(0);
      expect(server.output.match(/cleaned up/g)).toHaveLength(2);
      expect(server.output).not.toContain('ERR_');
      expect(ends(server)).toEqual([
        [30, end],
        [30, end],
      ]);
    });
  },
);

brief(
  'the server still listens when the app is told to end, and emits close when the app has closed it',
  async () => {
    const server = await start('closes-its-server.cjs');
    expect(await server.stop()).toBe(0);
    expect(server.output).toBe('listening: true\nclosed\ncleaned up\n');
  },
);

brief('an app without a clean-up of its own is not waited for', async () => {
  const server = await start('waits-for-messages.cjs');
  expect(await server.reload()).toMatchObject({ outcome: 'committed' });
  expect(await server.stop()).toBe(0);
  expect(server.of('killed')).toEqual([]);
  expect(server.output).toBe('');
});

brief('what was force-closed at the deadline keeps no server from closing', async () => {
  const server = await start('upgrades.cjs', {}, '--grace', '1s');
  const client = await connect(server);
  await client.get('/', 'Connection: Upgrade\r\nUpgrade: chat\r\n').until(/101/);
  expect(await server.stop()).toBe(0);
  expect(server.of('drained')[0]).toMatchObject({ forceClosed: 1 });
  expect(server.of('killed')).toEqual([]);
  expect(server.output).toBe('cleaned up\n');
});

describe('a clean-up that fails', () => {
  const reasons = [
    ['throws', 'exit code 1: uncaught TypeError: db.end is no function'],
    ['rejects', 'exit code 1: uncaught Error: the queue cannot be flushed'],
    ['exits', 'exit code 1: RangeError: the lock is gone'],
    ['exitsSilently', 'exit code 3'],
    ['says', 'exit code 2: could not reach redis'],
  ] as const;

  test.each(cases(reasons, ([how]) => how === 'throws' || how === 'says'))(
    '%s: a warning with its reason, in the verdict too',
    async (how, reason) => {
      const server = await start('fails.cjs', { HOW: how });
      const verdict = await server.reload();
      const failed = `the app's own clean-up failed in 1 worker: ${reason}`;
      expect(verdict).toMatchObject({ outcome: 'committed', level: 40, cleanUps: { failed: 1, reason } });
      expect(verdict.msg).toContain(failed);
      expect(ends(server)).toEqual([[40, `clean-up failed: ${reason}`]]);
      expect(await server.stop()).toBe(0);
      expect(server.of('stopped')[0]).toMatchObject({ level: 40, msg: `stopped: exit code 0; ${failed}` });
    },
  );

  test('one that never ends is ended after the grace period, and that is told', async () => {
    const server = await start('fails.cjs', { HOW: 'neverEnds' }, '--grace', '1s', '--quick-grace', '1s');
    const verdict = await server.reload();
    expect(verdict).toMatchObject({ outcome: 'committed', level: 40, cleanUps: { failed: 1 } });
    expect(server.of('killed')[0]?.msg).toContain("drained, and the app's own clean-up did not end");
  });

  thorough('one that never ends keeps no worker whose master is gone', async () => {
    const server = await start('fails.cjs', { HOW: 'neverEnds' });
    const [pid] = server.readyPids as [number];
    process.kill(server.pid, 'SIGKILL');
    await pollUntil(() => !isAlive(pid));
  });
});

describe('what reaches a worker beside the master', () => {
  async function finishesUnder(server: TestServer, signal: NodeJS.Signals) {
    const [pid] = server.readyPids as [number];
    const slow = ask({ port: server.port }, { path: '/slow' });
    await server.until('the request to arrive', () => server.output.includes('asked'));
    process.kill(pid, signal);
    expect((await slow).body).toBe('slow');
    expect(server.of('crashed')).toEqual([]);
    // It still hears the master.
    expect(await server.reload()).toMatchObject({ outcome: 'committed' });
    expect(server.of('killed')).toEqual([]);
  }

  test.each(cases(['SIGTERM', 'SIGINT'] as const, (signal) => signal === 'SIGTERM'))(
    '%s ends no request of an app that is preloaded with a listener',
    async (signal) => {
      const directory = fs.mkdtempSync(path.join(tmpdir(), 'tshorn-preloaded-'));
      const file = path.join(directory, 'environment');
      fs.writeFileSync(file, `NODE_OPTIONS=--import=${fixture('cleans-up/preloaded.mjs')}\nEVENTS=SIGHUP\n`);
      const server = await start('removes-all-listeners.cjs', {}, '--environment-file', file);
      await finishesUnder(server, signal);
      await server.until('the preloaded clean-up', () => server.output.includes('flushed'));
      fs.rmSync(directory, { recursive: true });
    },
  );

  const REMOVED = [
    ['SIGTERM', 'SIGTERM'],
    ['SIGINT', 'SIGINT'],
    ['SIGTERM', 'message'],
    ['SIGTERM', ''],
  ] as const;

  test.each(cases(REMOVED, ([, events]) => events === ''))(
    '%s ends no request of an app that has removed all listeners of `%s`',
    async (signal, EVENTS) => {
      await finishesUnder(await start('removes-all-listeners.cjs', { EVENTS }), signal);
    },
  );

  thorough(
    'SIGTERM ends no request where a library has put back the `process.emit` that it found',
    async () => {
      const env = { EVENTS: 'SIGHUP', EMIT: '1' };
      await finishesUnder(await start('removes-all-listeners.cjs', env), 'SIGTERM');
    },
  );

  test('signals from outside neither repeat a clean-up nor cut it off', async () => {
    const server = await start('takes-its-time.cjs', { MS: '5000' });
    const [pid] = server.readyPids as [number];
    const stopped = server.stop();
    await server.until('the clean-up', () => server.output.includes('cleaning up'));
    for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP', 'SIGQUIT', 'SIGUSR2'] as const)
      process.kill(pid, signal);
    expect(await stopped).toBe(0);
    expect(server.output).toBe('cleaning up\ncleaned up\n');
    expect(ends(server)).toEqual([[30, 'exit code 0']]);
  });

  test('a signal that the master handles does not reach the app, and that is told once; others do', async () => {
    const server = await start('listens-to-usr2.cjs');
    const [pid] = server.readyPids as [number];
    for (const signal of ['SIGUSR2', 'SIGHUP'] as const) {
      process.kill(pid, signal);
      await server.until(`the line about ${signal}`, () =>
        server.of('worker-log').some(({ msg }) => msg.includes(`${signal} does not reach`)),
      );
      process.kill(pid, signal);
    }
    process.kill(pid, 'SIGWINCH');
    await server.until('the signal that is let through', () => server.output === 'SIGWINCH\n');
    expect(await server.stop()).toBe(0);
    expect(server.of('worker-log')).toHaveLength(2);
  });
});
