/** The stop of the whole server, as its clients see it. */
import fs from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { DEADLINE_MS } from './support/deadline.ts';
import { onLinux } from './support/descriptors.ts';
import { directory, ownDirectory } from './support/directory.ts';
import { ask, type Target } from './support/load.ts';
import { RawClient } from './support/raw.ts';
import { fixture, startServer, type TestServer } from './support/server.ts';

ownDirectory();

/** Asks until every worker has come to give this answer: twenty times in a row. */
async function untilAll(target: Target, asked: string, status: number) {
  const deadline = Date.now() + DEADLINE_MS;
  for (let inARow = 0; ; ) {
    const answer = await ask(target, { path: asked, agent: false });
    inARow = answer.status === status ? inARow + 1 : 0;
    if (inARow === 20) return answer;
    if (Date.now() > deadline) throw new Error(`${asked} did not come to answer ${status}: ${answer.status}`);
  }
}

describe('what the kernel has accepted', () => {
  test.each(['TCP', 'unix'])(
    '%s: who was connected before TERM is answered, however busy the workers are',
    async (kind) => {
      const socketPath = path.join(directory, 'app.sock');
      const bind = kind === 'unix' ? { bind: `unix:${socketPath}` } : {};
      const server = await startServer(fixture('blocks-until.mjs'), { workers: 2, ...bind });
      const target = kind === 'unix' ? { socketPath } : { port: server.port };
      const goOn = path.join(directory, 'go-on');
      // Enough requests to block both workers; a further one waits in the queue like the rest.
      const blockers: RawClient[] = [];
      while (server.output.split('blocked').length < 3) {
        blockers.push((await RawClient.open(target)).get(`/block?${goOn}`));
        await sleep(20);
      }
      const waiting = await Promise.all(Array.from({ length: 60 }, () => RawClient.open(target)));
      for (const client of waiting) client.get('/');
      const stopped = server.stop();
      await server.event('draining', { count: 2 });
      fs.writeFileSync(goOn, '');
      await Promise.all([...blockers, ...waiting].map((client) => client.answers(1)));
      expect(await stopped).toBe(0);
      const ends = await Promise.all(waiting.map((client) => client.ended()));
      expect(ends.filter((end) => end !== 'end')).toEqual([]);
    },
  );

  test.each([1, 4])(
    '%i workers: nobody is let into a queue that nobody will empty: connects are refused while the last requests finish',
    async (workers) => {
      const server = await startServer(fixture('drains.mjs'), { workers });
      // The kernel may drop the last connect, which is tried again after a second.
      const slow = (await RawClient.open(server)).get('/stream?ms=12000');
      await slow.until(/begun/);
      const stopped = server.stop();
      await server.event('draining', { count: workers });
      const ends: string[] = [];
      const refused = async () => {
        for (;;) {
          try {
            const client = await RawClient.open(server);
            ends.push(await client.ended());
          } catch (error) {
            return (error as NodeJS.ErrnoException).code;
          }
        }
      };
      expect(await refused()).toBe('ECONNREFUSED');
      expect(ends.filter((end) => end !== 'end')).toEqual([]);
      expect(slow.closed).toBe(false);
      await slow.until(/done/);
      expect(await stopped).toBe(0);
    },
  );

  test('a stop tells of no connection but those of clients', async () => {
    const server = await startServer(fixture('drains.mjs'), { workers: 4 });
    expect(await server.stop()).toBe(0);
    expect(server.of('drained').map(({ finished, closed }) => [finished, closed])).toEqual(
      new Array(4).fill([0, 0]),
    );
  });

  onLinux('the last worker does not wait to the end for one that stands still', async () => {
    const server = await startServer(fixture('drains.mjs'), { workers: 2 });
    const [still, last] = [server.pidOf(0), server.pidOf(1)];
    process.kill(still, 'SIGSTOP');
    const stopped = server.stop();
    await server.until('the end of the other one', () => server.of('exited').some(({ pid }) => pid === last));
    // Nothing else has ended the wait.
    expect([...server.of('hung'), ...server.of('exited')].map(({ pid }) => pid)).toEqual([last]);
    process.kill(still, 'SIGCONT');
    expect(await stopped).toBe(0);
  });
});

describe('--stop-delay', () => {
  const start = (delay: string) =>
    startServer(fixture('mixed.mjs'), {
      workers: 2,
      args: ['--stop-delay', delay, '--status-path', '/healthy'],
    });
  const root = async (server: TestServer) =>
    (await ask({ port: server.port }, { path: '/', agent: false })).status;

  test('after TERM the status path says 503, and all else is served until the second TERM', async () => {
    const server = await start('1h');
    const kept = (await RawClient.open(server)).get('/');
    await kept.until(/200 OK/);
    server.signal('SIGTERM');
    await server.event('leaving');
    const refusal = await untilAll({ port: server.port }, '/healthy?deep=1', 503);
    expect(refusal.headers.connection).toBe('close');
    expect(await root(server)).toBe(200);
    kept.text = '';
    kept.get('/');
    expect((await kept.until(/HTTP\/1.1 200 OK[\s\S]*\r\n\r\n/))[0]).not.toMatch(/connection: close/i);

    server.signal('SIGHUP');
    await server.until('the refusal', () =>
      server.lines.some(({ msg }) => msg.includes('reload by SIGHUP ignored')),
    );
    process.kill(server.readyPids[0] as number, 'SIGKILL');
    await server.event('ready', { count: 3 });
    await untilAll({ port: server.port }, '/healthy', 503);
    expect(await root(server)).toBe(200);

    expect(server.of('stopping')).toEqual([]);
    expect(await server.stop('SIGTERM')).toBe(0);
    expect(server.of('leaving')).toHaveLength(1);
    expect(server.of('stopping')).toHaveLength(1);
  });

  test('when the time is over the drain begins by itself', async () => {
    const server = await start('300ms');
    expect(await server.stop('SIGTERM')).toBe(0);
    expect(
      server.lines.flatMap(({ event }) => (/^(leaving|stopping|stopped)$/.test(event ?? '') ? [event] : [])),
    ).toEqual(['leaving', 'stopping', 'stopped']);
  });

  test('INT does not wait for it', async () => {
    const server = await start('1h');
    server.signal('SIGTERM');
    await server.event('leaving');
    expect(await server.stop('SIGINT')).toBe(0);
  });
});
