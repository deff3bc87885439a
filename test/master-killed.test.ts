/** The master is killed: its workers end by themselves, and owe their clients what they have begun. */
import { once } from 'node:events';
import net from 'node:net';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { endServers, fixture, startServer } from './support/server.ts';

let stopped: readonly number[] = [];
afterEach(async () => {
  // Also after a failure: one that stands still would stay.
  for (const pid of stopped) goOn(pid);
  await endServers();
});

function goOn(pid: number): void {
  try {
    process.kill(pid, 'SIGCONT');
  } catch {
    // It has ended.
  }
}

test('clients that the kernel has let in, and whom no worker has accepted, are answered', async () => {
  const server = await startServer(fixture('mixed.mjs'), { workers: 2 });
  stopped = server.readyPids;
  for (const pid of stopped) process.kill(pid, 'SIGSTOP');
  const clients = Array.from({ length: 20 }, () => net.connect(server.port, '127.0.0.1'));
  await Promise.all(clients.map((client) => once(client, 'connect')));
  const answers = clients.map((client) => {
    client.write('GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n');
    return text(client);
  });
  process.kill(server.pid, 'SIGKILL');
  // The end of its channel has reached the workers, which stand still.
  await sleep(200);
  stopped.forEach(goOn);
  const heads = (await Promise.allSettled(answers)).map((answer) =>
    answer.status === 'fulfilled' ? answer.value.slice(0, 15) : String(answer.reason),
  );
  expect(heads).toEqual(clients.map(() => 'HTTP/1.1 200 OK'));
});
