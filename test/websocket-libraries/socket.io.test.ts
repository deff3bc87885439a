/** Promises for Socket.IO beyond the common list. */
import { io, type Socket } from 'socket.io-client';
import { pollUntil } from '../support/eventually.ts';
import { brief, thorough } from '../support/long.ts';
import { endServers, fixture, startServer, type TestServer } from '../support/server.ts';
import { SocketIoClient } from './libraries.ts';

const app = fixture('websocket-libraries/socket.io.mjs');
const sockets: Socket[] = [];
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.disconnect();
  await endServers();
});

async function connect(server: TestServer, index: number, namespace = '/', transports?: string[]) {
  const { socket, faults } = await SocketIoClient.connect(server.port, index, namespace, transports);
  sockets.push(socket);
  return { socket, faults };
}

const heard = (socket: Socket, event: string): unknown[][] => {
  const all: unknown[][] = [];
  socket.on(event, (...args) => void all.push(args));
  return all;
};

brief('rooms are what they were: a message to a room reaches exactly those who are in it', async () => {
  const server = await startServer(app);
  const clients = await Promise.all(Array.from({ length: 12 }, (_, at) => connect(server, at)));
  const rooms = clients.map(({ socket }) => heard(socket, 'room'));
  const ids = clients.map(({ socket }) => socket.id);
  await Promise.all(clients.map(({ socket }, at) => socket.emitWithAck('join', at % 3 ? 'many' : 'few')));
  await server.reload();
  await server.reload();
  // A client that has an answer is connected; a message to a room reaches those who are in it at that moment.
  await Promise.all(clients.map(({ socket }) => socket.emitWithAck('ask', 1)));
  clients[0]?.socket.emit('to-room', 'few', 'hello few');
  clients[1]?.socket.emit('to-room', 'many', 'hello many');
  const faults = () => clients.flatMap(({ faults }) => faults);
  await pollUntil(() => faults().length > 0 || rooms.every((all) => all.length > 0));
  expect(faults()).toEqual([]);
  const [pid] = server.readyPids;
  expect(rooms).toEqual(rooms.map((_, at) => [[at % 3 ? 'hello many' : 'hello few', pid]]));
  expect(clients.map(({ socket }) => socket.id)).toEqual(ids);
  expect(server.output).not.toContain('left');
});

thorough('one connection with two namespaces moves with both', async () => {
  const server = await startServer(app);
  const manager = await connect(server, 1);
  const news = manager.socket.io.socket('/news', { auth: { token: 'n' } });
  sockets.push(news);
  await new Promise((resolve) => news.once('told', () => resolve(undefined)));
  const ids = [manager.socket.id, news.id];
  const before = await news.emitWithAck('ask', 1);
  await server.reload();
  const after = await news.emitWithAck('ask', 2);
  expect(after).toMatchObject({ count: 2, seen: { ...before.seen, auth: { token: 'n' }, where: '/news' } });
  const there = await manager.socket.emitWithAck('ask', 1);
  expect(there).toMatchObject({ seen: { auth: { token: '1' }, where: '/' }, pid: server.readyPids[0] });
  expect([manager.socket.id, news.id]).toEqual(ids);
  expect(manager.faults).toEqual([]);
});

thorough('bytes go both ways, before and after', async () => {
  const server = await startServer(app, { workers: 2 });
  const { socket, faults } = await connect(server, 1, '/', ['websocket']);
  const bytes = heard(socket, 'bytes');
  const said = Buffer.from([0, 1, 254, 255]);
  socket.emit('bytes', said);
  await pollUntil(() => bytes.length === 1);
  await server.reload();
  socket.emit('bytes', said);
  await pollUntil(() => bytes.length === 2);
  expect(bytes.map(([each]) => Buffer.from(each as Buffer))).toEqual([said, said]);
  expect(server.readyPids).toContain(bytes[1]?.[1]);
  expect(faults).toEqual([]);
});

brief(
  'who waits for an acknowledgement, in either direction, gets it before the connection moves',
  async () => {
    const server = await startServer(app, { args: ['--grace', '20s'] });
    const { socket, faults } = await connect(server, 1);
    const called = heard(socket, 'called');
    socket.on('calling', (delay, answer) => setTimeout(() => answer('here I am'), delay));
    socket.emit('call-me-back', 700);
    const answer = socket.emitWithAck('slowly', 700);
    const [old] = server.readyPids;
    await server.reload();
    expect(await answer).toEqual(old);
    expect(called).toEqual([['here I am', old]]);
    expect(server.readyPids).toEqual([(await socket.emitWithAck('ask', 1)).pid]);
    expect(faults).toEqual([]);
  },
);

thorough(
  'an acknowledgement that never comes does not keep the connection, and is not taken for another',
  async () => {
    const server = await startServer(app, { args: ['--grace', '25s'] });
    const { socket, faults } = await connect(server, 1);
    const called = heard(socket, 'called');
    const answers: ((text: string) => void)[] = [];
    socket.on('calling', (_delay, answer) => void answers.push(answer));
    socket.emit('call-me', 'first');
    await pollUntil(() => answers.length === 1);
    await server.reload();
    socket.emit('call-me', 'second');
    await pollUntil(() => answers.length === 2);
    answers[0]?.('late');
    answers[1]?.('in time');
    await pollUntil(() => called.length > 0);
    expect(called).toEqual([['in time', server.readyPids[0]]]);
    expect(faults).toEqual([]);
  },
);

thorough('a client that has moved is pinged at once: it would not wait for the next one', async () => {
  const server = await startServer(app);
  const { socket, faults } = await connect(server, 1);
  let pings = 0;
  socket.io.on('ping', () => {
    pings++;
  });
  for (let reload = 1; reload <= 2; reload++) {
    await server.reload();
    await pollUntil(() => pings === reload);
  }
  expect(faults).toEqual([]);
});

brief(
  "a client that has moved and then loses its connection is recovered by Socket.IO's own means, and moves again",
  async () => {
    const server = await startServer(app, { env: { RECOVERY: 'yes' } });
    const { socket, faults } = await connect(server, 1);
    const { id } = socket;
    await server.reload();
    const told = heard(socket, 'told');
    await pollUntil(() => told.length > 2);
    expect(faults).toEqual([]);
    socket.io.reconnectionDelay(50);
    socket.io.engine.close();
    await pollUntil(() => !socket.connected);
    await pollUntil(() => socket.connected);
    expect([socket.recovered, socket.id]).toEqual([true, id]);
    await pollUntil(() => socket.io.engine.transport.name === 'websocket');
    const before = faults.length;
    await server.reload();
    expect((await socket.emitWithAck('ask', 1)).pid).toBe(server.readyPids[0]);
    expect([faults.slice(before), socket.id]).toEqual([[], id]);
  },
);

brief('a client that polls cannot move: it connects anew, as without', async () => {
  const server = await startServer(app, { args: ['--grace', '3s'] });
  const socket = io(server.origin, {
    forceNew: true,
    transports: ['polling'],
    auth: { token: 'polls' },
    reconnectionDelay: 50,
    reconnectionDelayMax: 50,
  });
  sockets.push(socket);
  const ids: (string | undefined)[] = [];
  socket.on('connect', () => void ids.push(socket.id));
  await pollUntil(() => ids.length === 1);
  await server.reload();
  await pollUntil(() => ids.length > 1);
  expect(ids[1]).not.toBe(ids[0]);
  expect((await socket.emitWithAck('ask', 1)).pid).toBe(server.readyPids[0]);
});

thorough(
  'an unsupported socket.io is reported, and clients reconnect as without tshorn/socket.io',
  async () => {
    const unknown = fixture('websocket-libraries/unknown-socket.io.mjs');
    const server = await startServer(unknown, { args: ['--grace', '3s'] });
    expect(server.output).toContain(
      'this version of socket.io is not supported (no namespace._createSocket)',
    );
    const { socket } = await connect(server, 1, '/', ['websocket']);
    const id = socket.id;
    await server.reload();
    await pollUntil(() => socket.connected && socket.id !== id);
  },
);

describe('a server that allows polling', () => {
  const WARNING = /tshorn\/socket\.io: clients that begin with polling.*transports: \['websocket'\]/g;
  const warnings = async (workers: number, env: Record<string, string>) => {
    const server = await startServer(app, { workers, env });
    // Also by the new generation.
    await server.reload();
    return server.output.match(WARNING)?.length ?? 0;
  };

  brief('is warned of once in each generation, where there are several workers', async () => {
    expect(await warnings(2, {})).toBe(2);
  });

  thorough('is not warned of with one worker, and a server without polling never', async () => {
    expect(await warnings(1, {})).toBe(0);
    expect(await warnings(2, { TRANSPORTS: 'websocket' })).toBe(0);
  });
});
