/** The workers' heartbeats. */
import fs from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { request, socketOf } from './support/control.ts';
import { onLinux } from './support/descriptors.ts';
import { directory, ownDirectory } from './support/directory.ts';
import { ask } from './support/load.ts';
import { scrape } from './support/scrape.ts';
import { fixture, type LogLine, startServer } from './support/server.ts';

ownDirectory();

const IDLE_TIME = 'nodejs_eventloop_time_seconds_total{worker="0",nodejs_eventloop_state="idle"';

test('a worker without a descriptor to spare gives them, and lives on', async () => {
  const server = await startServer(fixture('hoards-descriptors.mjs'), {
    args: ['--control', path.join(directory, 'control.sock')],
    through: (command) => ['sh', '-c', 'ulimit -n 100; exec "$@"', 'sh', ...command],
  });
  const socket = await socketOf(server);
  expect((await ask({ port: server.port }, { path: '/', agent: false })).body).toBe('EMFILE');
  // The request is told with the heartbeat that comes after it.
  const told = async () => JSON.parse((await request(socket, 'GET', '/status')).text).workers[0]?.requests;
  while (server.of('crashed').length === 0 && !((await told()) > 0)) await sleep(50);
  expect(server.of('crashed')).toEqual([]);
});

/** The file in memory is made on Linux alone. */
onLinux('a worker at rest gives them, and sends the master no message; one that answers does', async () => {
  const server = await startServer(fixture('mixed.mjs'), {
    args: [
      ...['--control', path.join(directory, 'control.sock'), '--timeout', '5'],
      ...['--config', fixture('counts-messages.config.mjs')],
    ],
    workers: 1,
  });
  const messages = () => server.lines.filter(({ msg }) => msg.startsWith('heartbeat by message'));
  const idleTime = async () => {
    const values = await scrape(server);
    return Object.entries(values).find(([name]) => name.startsWith(IDLE_TIME))?.[1];
  };
  /** Until another heartbeat has told how long the loop was idle. */
  const another = async () => {
    const before = await idleTime();
    while ((await idleTime()) === before) await sleep(50);
  };
  await another();
  const atFirst = messages().length;
  for (let at = 0; at < 3; at++) await another();
  // A collection of garbage, which V8 may find necessary at any time, is told by message.
  expect(messages().length - atFirst).toBeLessThan(3);
  const before = messages().length;
  await ask({ port: server.port }, { path: '/', agent: false });
  const isOf = ({ msg }: LogLine) => msg === 'heartbeat by message: 1';
  await server.until('its message', () => messages().slice(before).some(isOf));
});

onLinux(
  'a worker whose app has taken the descriptor writes them to no file of the app, and its hang is found',
  async () => {
    const file = path.join(directory, 'own-file');
    const server = await startServer(fixture('reuses-descriptors.mjs'), {
      args: [
        ...['--control', path.join(directory, 'control.sock'), '--timeout', '5'],
        ...['--config', fixture('counts-messages.config.mjs')],
      ],
      env: { OWN_FILE: file },
      workers: 1,
    });
    await server.until(
      'three messages',
      () => server.lines.filter(({ msg }) => msg.startsWith('heartbeat by message')).length > 2,
    );
    expect(fs.readFileSync(file)).toHaveLength(0);
    expect(server.of('hung')).toEqual([]);
    await ask({ port: server.port }, { path: '/hang', agent: false }).catch(() => undefined);
    expect((await server.event('hung')).msg).toContain('reuses-descriptors.mjs');
  },
);

const wakeUpsOf = (pid: number): number =>
  Number(/^voluntary_ctxt_switches:\s+(\d+)/m.exec(fs.readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]);

onLinux('a worker that has drained is kept for a rollback, and is at rest meanwhile', async () => {
  const server = await startServer(fixture('mixed.mjs'), { workers: 2, args: ['--soak', '10s'] });
  server.signal('SIGHUP');
  const { pid } = (await server.event('drained')) as unknown as { pid: number };
  const before = wakeUpsOf(pid);
  await sleep(1_000);
  // It looks at itself once a second; a look for connections each millisecond made 750.
  expect(wakeUpsOf(pid) - before).toBeLessThan(100);
  expect(server.of('exited')).toEqual([]);
});
