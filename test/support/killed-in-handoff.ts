/** Workers that are killed in the middle of a handoff, and the sockets that their server holds then and afterwards. */
import { sockets } from './descriptors.ts';
import { eventually } from './eventually.ts';
import type { TestServer } from './server.ts';

/** Sockets of the master, and those of all workers together. */
export const held = (server: TestServer) => ({
  master: sockets(server.pid),
  workers: server.readyPids.reduce((sum, pid) => sum + sockets(pid), 0),
});

/** Waits for as many sockets as without a client, plus one for each open connection. */
export const isFlat = (server: TestServer, base: ReturnType<typeof held>, open: () => number) =>
  eventually(
    'sockets beyond the base line and the open connections',
    () => {
      const now = held(server);
      return { master: now.master - base.master, workers: now.workers - base.workers - open() };
    },
    ({ master, workers }) => master === 0 && workers === 0,
  );

/** Two workers in service, and no old one left. */
export const settled = (server: TestServer, from: number) =>
  server.until('two workers and nothing under way', () => {
    const alive = new Set<unknown>();
    for (const { event, pid } of server.lines) {
      if (event === 'spawned') alive.add(pid);
      if (event === 'exited' || event === 'crashed' || event === 'killed') alive.delete(pid);
    }
    return server.of('reload-finished', from).length > 0 && server.readyPids.length === 2 && alive.size === 2;
  });

export type Victims = (sender: number, receiver: number) => number[];

export const victims: [string, Victims][] = [
  ['the receiver', (_sender, receiver) => [receiver]],
  ['the sender', (sender) => [sender]],
  ['sender and receiver', (sender, receiver) => [sender, receiver]],
];

/** Resolves in the middle of the first or the second handoff of a reload, with the two workers. */
export async function reloading(server: TestServer, count = 1) {
  const from = server.lines.length;
  server.signal('SIGHUP');
  const receiver = (await server.event('ready', { from, count })).pid as number;
  const sender = (await server.event('draining', { from, count })).pid as number;
  const all = sockets(sender) + sockets(receiver);
  const enough = all * (0.1 + 0.6 * Math.random());
  await eventually(
    'connections that have moved',
    () => sockets(receiver),
    (now) => now >= enough || server.of('drained', from).length >= count,
  );
  return { sender, receiver, all, from };
}

/** Stopped first, so that what they hold can be counted; returns that number. */
export function kill(pids: readonly number[]): number {
  const send = (pid: number, signal: NodeJS.Signals) => {
    try {
      process.kill(pid, signal);
    } catch {
      // A sender may have given everything away just now, and left.
    }
  };
  for (const pid of pids) send(pid, 'SIGSTOP');
  const had = pids.reduce((sum, pid) => sum + sockets(pid), 0);
  for (const pid of pids) send(pid, 'SIGKILL');
  return had;
}
