/** What systemd is told, as it would see it: through the program `systemd-notify`. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { eventually } from './support/eventually.ts';
import { ask } from './support/load.ts';
import { isAlive } from './support/processes.ts';
import { endServers, fixture, startServer, TestServer } from './support/server.ts';
import { activated, closeSockets, needing, recordNotifications, tcpSocket } from './support/systemd.ts';

const HELLO = fixture('says-hello.mjs');

let directory: string;
beforeEach(() => {
  directory = fs.mkdtempSync(path.join(tmpdir(), 'tshorn-'));
});
afterEach(async () => {
  await endServers();
  closeSockets();
  fs.rmSync(directory, { recursive: true });
});

/** A recorder of ours is found before the real program, which would find nobody at the socket. */
const told = (more: Record<string, string> = {}) => ({
  NOTIFY_SOCKET: path.join(directory, 'notify.sock'),
  PATH: `${directory}:${process.env.PATH}`,
  ...more,
});

/** The program that tells may outlive the server. */
const untilStopping = (recorded: () => string[][]) =>
  eventually('the last message', () =>
    recorded()
      .flat()
      .some((word) => word.startsWith('STATUS=stopping')),
  );

const EXTEND = 'EXTEND_TIMEOUT_USEC=30000000';
const monotonic = expect.stringMatching(/^MONOTONIC_USEC=\d+$/);

/** Starts, reloads, fails to reload, stops; and what systemd has to be told of it. */
async function wholeLife(env: Record<string, string>): Promise<{ pid: number; expected: unknown[][] }> {
  const app = path.join(directory, 'app.mjs');
  fs.copyFileSync(HELLO, app);
  const server = await startServer(app, { workers: 2, env });
  expect(await server.reload()).toMatchObject({ outcome: 'committed' });
  fs.writeFileSync(app, 'this is no JavaScript');
  expect(await server.reload()).toMatchObject({ outcome: 'rolled-back' });
  expect(await server.stop()).toBe(0);
  expect(server.of('no-systemd')).toEqual([]);
  const verdict = (text: string) => expect.stringMatching(new RegExp(`^STATUS=reload to gen=\\d ${text}`));
  const expected = [
    [EXTEND, 'STATUS=starting 2 workers'],
    ['READY=1', `MAINPID=${server.pid}`, expect.stringMatching(/^STATUS=started: 2 workers ready/)],
    ['RELOADING=1', monotonic, EXTEND, 'STATUS=reload to gen=2 by SIGHUP'],
    ['READY=1', verdict('committed: 2 workers replaced')],
    ['RELOADING=1', monotonic, EXTEND, 'STATUS=reload to gen=3 by SIGHUP'],
    ['READY=1', verdict('rolled back after .*gen=2 still serves: app: syntax error')],
    ['STOPPING=1', EXTEND, 'STATUS=stopping: graceful stop by SIGTERM'],
  ];
  return { pid: server.pid, expected };
}

/** What comes again and again, at its own time. */
const isProgress = (message: readonly string[]) => message[0] === EXTEND && message[1]?.includes('worker=');

test('start, reload, failed reload and stop are told in their order, one at a time', async () => {
  const recorded = recordNotifications(directory);
  const { expected } = await wholeLife(told());
  await untilStopping(recorded);
  const messages = recorded().filter((message) => !isProgress(message));
  expect(messages).toEqual(expected);
});

test('a re-exec of a service with an activated socket: MAINPID is the new master, and nobody says STOPPING', async () => {
  const recorded = recordNotifications(directory);
  const { fd, port } = tcpSocket();
  const server = await startServer(HELLO, { bare: true, env: told(), ...activated([fd]) });
  const first = server.pid;
  expect(await server.reExec()).toMatchObject({ outcome: 'committed' });
  await server.event('stopped');
  await eventually('the first master is gone', () => !isAlive(first));
  expect((await ask({ port }, { path: '/', agent: false })).status).toBe(200);
  expect(server.of('listening').at(-1)).toMatchObject({ port, source: 'systemd' });
  expect(await server.reload()).toMatchObject({ outcome: 'committed' });
  const second = server.master;
  await server.stop();
  await untilStopping(recorded);
  const words = recorded().flatMap((message) =>
    message.filter((word) => /^(READY|MAINPID|STOPPING)/.test(word)),
  );
  const [ready, stopping] = ['READY=1', 'STOPPING=1'];
  expect(second).not.toBe(first);
  expect(words).toEqual([ready, `MAINPID=${first}`, ready, `MAINPID=${second}`, ready, stopping]);
});

needing('systemd-notify', 'python3')(
  'the real program brings each message as one datagram to the notify socket',
  async () => {
    const socket = path.join(directory, 'notify.sock');
    const receiver = spawn('python3', [fixture('receives-notifications.py'), socket], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const messages: unknown[] = [];
    createInterface({ input: receiver.stdout }).on('line', (line) => messages.push(JSON.parse(line)));
    try {
      await eventually('the socket is bound', () => messages.length > 0);
      const before = process.hrtime.bigint() / 1_000n;
      const { expected } = await wholeLife({ NOTIFY_SOCKET: socket });
      await eventually('everything has come', () => JSON.stringify(messages).includes('STOPPING=1'));
      const [bound, ...rest] = messages as [string, ...string[][]];
      expect(bound).toBe('bound');
      const told = rest.filter((message) => !isProgress(message));
      expect(told).toEqual(expected);
      // The clock that systemd compares it with is this one.
      const usec = BigInt(told[2]?.[1]?.slice('MONOTONIC_USEC='.length) ?? 0);
      expect(usec > before && usec < process.hrtime.bigint() / 1_000n).toBe(true);
    } finally {
      receiver.kill();
      await once(receiver, 'close');
    }
  },
);

test('heartbeats come by themselves, and stop while the master hangs', async () => {
  const recorded = recordNotifications(directory);
  const gate = path.join(directory, 'gate');
  const config = path.join(directory, 'hangs.config.mjs');
  fs.writeFileSync(
    config,
    `import fs from 'node:fs';
     export default { hooks: { workersChanged() {
       console.log('the master hangs');
       while (!fs.existsSync(${JSON.stringify(gate)})) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 20);
     } } };`,
  );
  const server = await startServer(HELLO, {
    args: ['--config', config],
    env: told({ WATCHDOG_USEC: '200000' }),
  });
  const signs = () => recorded().filter((message) => message[0] === 'WATCHDOG=1').length;
  await eventually('three heartbeats', () => signs() >= 3);

  server.signal('SIGTTIN');
  await server.until('it hangs', () => server.output.includes('the master hangs'));
  const hanging = signs();
  await new Promise((resolve) => setTimeout(resolve, 1_500));
  // One may have been under way.
  expect(signs()).toBeLessThanOrEqual(hanging + 1);

  fs.writeFileSync(gate, '');
  await eventually('heartbeats again', () => signs() > hanging + 2);
});

test('no heartbeats are given for another process, or where none are asked for', async () => {
  const recorded = recordNotifications(directory);
  const other = await startServer(HELLO, { env: told({ WATCHDOG_USEC: '2000', WATCHDOG_PID: '1' }) });
  expect(await other.stop()).toBe(0);
  await untilStopping(recorded);
  expect(recorded().flat()).not.toContain('WATCHDOG=1');
});

test('a start that fails says why', async () => {
  const recorded = recordNotifications(directory);
  const server = new TestServer(fixture('throws-on-import.mjs'), {
    env: told(),
    args: ['--boot-timeout', '2'],
  });
  expect(await server.exited).not.toBe(0);
  await untilStopping(recorded);
  expect(recorded().at(-1)).toEqual(['STOPPING=1', EXTEND, expect.stringMatching(/^STATUS=stopping: \S/)]);
});

test.each([
  ['missing', undefined, /ENOENT/],
  ['failing', '#!/bin/sh\necho "nobody is there" >&2\nexit 1\n', /exit code 1: nobody is there/],
])('with the program %s, the service serves and says so once', async (_how, script, words) => {
  if (script) fs.writeFileSync(path.join(directory, 'systemd-notify'), script, { mode: 0o755 });
  const server = await startServer(HELLO, {
    env: told({ WATCHDOG_USEC: '20000', PATH: script ? `${directory}:${process.env.PATH}` : directory }),
  });
  await server.event('no-systemd');
  expect(await server.reload()).toMatchObject({ outcome: 'committed' });
  expect((await ask({ port: server.port }, { path: '/' })).body).toBe('hello');
  expect(await server.stop()).toBe(0);
  expect(server.of('no-systemd')).toMatchObject([{ msg: expect.stringMatching(words) }]);
});
