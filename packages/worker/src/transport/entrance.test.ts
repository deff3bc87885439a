import { once } from 'node:events';
import http from 'node:http';
import { type Duplex, duplexPair } from 'node:stream';
import { Entrance } from './entrance.ts';

const answers = () => http.createServer((_request, response) => response.end('fine'));

/** One request within this process; resolves with the raw answer. */
async function ask(entrance: Entrance): Promise<string> {
  const [client, inside] = duplexPair();
  let text = '';
  client.setEncoding('latin1').on('data', (chunk) => {
    text += chunk;
  });
  client.write('GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n');
  if (!entrance.enter(inside)) return 'diverted';
  await once(client, 'end');
  return text;
}

test('listeners that an app adds, before and after Node, leave it free', async () => {
  const server = answers();
  const seen: unknown[] = [];
  server.prependListener('connection', (socket) => seen.push(socket));
  server.on('connection', (socket) => socket.on('close', () => seen.push('closed')));
  server.once('connection', (socket) => seen.push(socket));
  const entrance = new Entrance(server);
  expect(entrance.isFree).toBe(true);
  expect(await ask(entrance)).toContain('fine');
  expect(seen).toHaveLength(2);
});

test('a wrapper that keeps Node away: it is asked behind the wrapper, which does not see it', async () => {
  const server = answers();
  const kept = server.listeners('connection');
  const seen: Duplex[] = [];
  server.removeAllListeners('connection');
  server.on('connection', (socket) => seen.push(socket));
  for (const listener of kept) server.on('proxiedConnection', listener as () => void);
  const entrance = new Entrance(server);
  expect(entrance.isFree).toBe(false);
  expect(await ask(entrance)).toContain('fine');
  expect(seen).toEqual([]);
});

test('an `emit` of the app that holds connections back is found out by the first request', async () => {
  const server = answers();
  const { emit } = server;
  server.emit = ((event: string, ...args: unknown[]) => {
    if (event !== 'connection') return Reflect.apply(emit, server, [event, ...args]);
    (args[0] as Duplex).once('readable', () => (args[0] as Duplex).destroy(new Error('no PROXY line')));
    return true;
  }) as typeof server.emit;
  const entrance = new Entrance(server);
  expect(entrance.isFree).toBe(true);
  expect(await ask(entrance)).toBe('diverted');
  expect(entrance.isFree).toBe(false);
  expect(await ask(entrance)).toContain('fine');
});

test('an `emit` that only looks leaves it free', async () => {
  const server = answers();
  const { emit } = server;
  server.emit = ((...args: unknown[]) => Reflect.apply(emit, server, args)) as typeof server.emit;
  const entrance = new Entrance(server);
  expect(await ask(entrance)).toContain('fine');
  expect(entrance.isFree).toBe(true);
});
