/** An event stream outlives the worker that it came to: no gap, no repeat, no reconnect. */
import fs from 'node:fs';
import http from 'node:http';
import net from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { EventStream } from './support/event-stream.ts';
import { pollUntil } from './support/eventually.ts';
import { brief, thorough, times } from './support/long.ts';
import { endServers, fixture, startServer, type TestServer } from './support/server.ts';

const STREAMS = times('STREAMS', 60, 100);
const RELOADS = times('RELOADS', 3, 4);
const APP = fixture('survives-streams.mjs');

const directory = fs.mkdtempSync(path.join(tmpdir(), 'tshorn-streams-'));
const STATUS_FILE = path.join(directory, 'status');
const streams: EventStream[] = [];
const agents: http.Agent[] = [];

afterEach(async () => {
  fs.rmSync(STATUS_FILE, { force: true });
  for (const stream of streams.splice(0)) stream.leave();
  for (const agent of agents.splice(0)) agent.destroy();
  await endServers();
});
afterAll(() => fs.rmSync(directory, { recursive: true }));

async function open(server: TestServer, path?: string): Promise<EventStream> {
  const stream = await EventStream.open(server.port, path);
  streams.push(stream);
  return stream;
}

/** Until each has had another event from a worker in service. */
async function expectServed(server: TestServer, all = streams): Promise<void> {
  const seen = all.map(({ last }) => last);
  const pids = server.readyPids;
  const isServed = (stream: EventStream, at: number) =>
    stream.last > (seen[at] ?? 0) && pids.includes(stream.pid);
  await pollUntil(() => all.every((stream, at) => stream.ended !== undefined || isServed(stream, at)));
  expect(all.flatMap(({ failures }) => failures)).toEqual([]);
  expect(all.filter(({ ended }) => ended)).toEqual([]);
}

const drained = (server: TestServer) =>
  server.of('drained').map(({ closed, forceClosed, refused }) => ({ closed, forceClosed, refused }));
const noneClosed = (server: TestServer) =>
  drained(server).map(() => ({ closed: 0, forceClosed: 0, refused: {} }));

test(`${STREAMS} event streams and ${RELOADS} reloads, one of them rolled back: no gap, no repeat, no reconnect`, async () => {
  const server = await startServer(APP, { workers: 3, env: { STATUS_FILE } });
  while (streams.length < STREAMS) {
    const some = Array.from({ length: Math.min(20, STREAMS - streams.length) }, () => open(server));
    await Promise.all(some);
  }
  for (let reload = 0; reload < RELOADS; reload++) {
    const isBroken = reload === Math.floor(RELOADS / 2);
    if (isBroken) fs.writeFileSync(STATUS_FILE, '500');
    const outcome = isBroken ? 'rolled-back' : 'committed';
    expect(await server.reload()).toMatchObject({ outcome });
    fs.rmSync(STATUS_FILE, { force: true });
    await sleep(200);
  }
  await expectServed(server);
  const generations = new Set(streams.map(({ generation }) => generation));
  expect([...generations]).toEqual([RELOADS + 1]);
  expect(drained(server)).toEqual(noneClosed(server));
  expect(server.output).toBe('');
}, 240_000);

thorough('a stream that moves before its first event has its head', async () => {
  const server = await startServer(APP, { workers: 2, env: { MS: '1000' } });
  const opening = Promise.all(Array.from({ length: 10 }, () => open(server)));
  await sleep(300);
  expect(await server.reload()).toMatchObject({ outcome: 'committed' });
  await opening;
  await expectServed(server);
});

thorough('a stream that ends in another worker ends whole, and its connection is used again', async () => {
  const server = await startServer(APP, { workers: 2, env: { MS: '20' } });
  const clients = await Promise.all(
    Array.from({ length: 10 }, async () => {
      const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
      agents.push(agent);
      const ask = (path: string) =>
        new Promise<{ text: string; reused: boolean; port: number | undefined }>((resolve, reject) => {
          const request = http.get({ host: '127.0.0.1', port: server.port, path, agent }, (response) => {
            const port = response.socket.localPort;
            let text = '';
            response.setEncoding('utf8').on('data', (more) => {
              text += more;
            });
            response.once('error', reject);
            response.once('end', () => resolve({ text, reused: request.reusedSocket, port }));
          });
          request.once('error', reject);
        });
      const lines = ask('/lines?to=100');
      return { lines, again: () => ask('/') };
    }),
  );
  for (let reload = 0; reload < 2; reload++)
    expect(await server.reload()).toMatchObject({ outcome: 'committed' });
  const whole = `${Array.from({ length: 100 }, (_, at) => `line ${at + 1}\n`).join('')}end\n`;
  for (const { lines, again } of clients) {
    const first = await lines;
    expect(first.text).toBe(whole);
    const next = await again();
    expect(next).toMatchObject({ reused: true, port: first.port });
    expect(server.readyPids).toContain(Number(next.text));
  }
  expect(server.of('drained').reduce((moved, line) => moved + (line.moved as number), 0)).toBeGreaterThan(0);
});

thorough(
  'streams that end at any moment of a move: each answer is whole, and no byte is left between two',
  async () => {
    const server = await startServer(APP, { workers: 2, env: { MS: '3' } });
    let stopped = false;
    const failures: string[] = [];
    const ask = (agent: http.Agent, to: number) =>
      new Promise<string>((resolve, reject) => {
        const options = { host: '127.0.0.1', port: server.port, path: `/lines?to=${to}`, agent };
        http.get(options, (response) => text(response).then(resolve, reject)).once('error', reject);
      });
    const live = async (_: unknown, at: number) => {
      // Half of them say `Connection: close`.
      const agent = new http.Agent({ keepAlive: at % 2 === 0, maxSockets: 1 });
      agents.push(agent);
      while (!stopped) {
        const to = 1 + Math.floor(Math.random() * 50);
        const whole = `${Array.from({ length: to }, (_, at) => `line ${at + 1}\n`).join('')}end\n`;
        const got = await ask(agent, to).catch(String);
        if (got !== whole) failures.push(`${to} lines: ${got.slice(-80)}`);
      }
    };
    const lives = Array.from({ length: times('ENDING_STREAMS', 16, 40) }, live);
    for (let reload = 0; reload < RELOADS - 1; reload++)
      expect(await server.reload()).toMatchObject({ outcome: 'committed' });
    stopped = true;
    await Promise.all(lives);
    expect(failures).toEqual([]);
  },
);

brief('a scale-up, a recycle and a re-exec move streams, too', async () => {
  const server = await startServer(APP, { workers: 2 });
  await Promise.all(Array.from({ length: 40 }, () => open(server)));
  server.signal('SIGTTIN');
  await server.event('resized');
  await pollUntil(() => new Set(streams.map(({ pid }) => pid)).size === 3);
  await expectServed(server);
  const from = server.lines.length;
  process.kill(server.readyPids[0] as number, 'SIGTERM');
  await server.event('exited', { from });
  await expectServed(server);
  expect(await server.reExec()).toMatchObject({ outcome: 'committed' });
  await server.event('stopped', { from });
  await expectServed(server);
});

brief('what cannot move is counted by its reason, and ends as its kind has to', async () => {
  const server = await startServer(APP, { workers: 1, env: { MS: '20' }, args: ['--grace', '2s'] });
  const [moving, sized, unsaved, plain] = await Promise.all([
    open(server),
    open(server, '/sized'),
    open(server, '/unsaved'),
    open(server, '/plain'),
  ]);
  const flood = net.connect(server.port, '127.0.0.1');
  flood.on('error', () => {}).pause();
  flood.write('GET /flood HTTP/1.1\r\nHost: x\r\n\r\n');
  await pollUntil(() => moving.last > 2 && unsaved.last > 2);
  expect(await server.reload()).toMatchObject({ outcome: 'committed' });
  expect(drained(server)[0]?.refused).toEqual({ 'not-chunked': 1, state: 1, queue: 1 });
  await expectServed(server, [moving]);
  await pollUntil(() => [sized, unsaved, plain].every(({ ended }) => ended !== undefined));
  expect([sized.ended, unsaved.ended, plain.ended]).toEqual(['broken', 'end', 'broken']);
  const told = server.lines.filter(({ msg }) => msg.includes('stream:unsaved'));
  expect(told.map(({ msg }) => msg)).toEqual([
    expect.stringContaining('the state is 100010 bytes as JSON, more than maxState allows (65536)'),
  ]);
  flood.destroy();
});

brief('a stop ends streams that have moved as it ends all others: none is broken off', async () => {
  const server = await startServer(APP, { workers: 1, env: { MS: '20' }, args: ['--grace', '4s'] });
  const moved = await Promise.all([open(server), open(server)]);
  expect(await server.reload()).toMatchObject({ outcome: 'committed' });
  await expectServed(server);
  const fresh = await open(server);
  server.signal('SIGTERM');
  await pollUntil(() => streams.every(({ ended }) => ended !== undefined));
  expect([...moved, fresh].map(({ ended, failures }) => [ended, ...failures])).toEqual([
    ['end'],
    ['end'],
    ['end'],
  ]);
});

brief('a hang costs no stream, and one that begins after it moves as well', async () => {
  const server = await startServer(APP, { workers: 1, env: { MS: '20' }, args: ['--timeout', '5s'] });
  await open(server);
  const [before] = server.readyPids;
  const late = net.connect(server.port, '127.0.0.1');
  const hung = net.connect(server.port, '127.0.0.1');
  for (const socket of [late, hung]) socket.on('error', () => {});
  let text = '';
  late.on('data', (data) => {
    text += data;
  });
  // Its request is half read: it stays in the worker, which begins the answer when it has been interrupted.
  late.write('GET / HTTP/1.1\r\nHost: x\r\n\r\nGET /events HTTP/1.1\r\nHost: ');
  await pollUntil(() => text.includes('200 OK'));
  const from = server.lines.length;
  hung.resume().write('GET /hang HTTP/1.1\r\nHost: x\r\n\r\n');
  await server.event('rescuing');
  late.write('x\r\n\r\n');
  await server.event('ready', { from });
  await expectServed(server);
  const after = server.readyPids.at(-1);
  expect(after).not.toBe(before);
  await pollUntil(() => text.includes(`data: ${after} `) || late.destroyed);
  // It may have moved before its first event.
  expect(text).toContain(`x-pid: ${before}\r\n`);
  expect(text).toContain(`data: ${after} `);
  for (const socket of [late, hung]) socket.destroy();
});

thorough('a compressed stream stays where its compressor is: no client is sent half of two', async () => {
  const server = await startServer(APP, { workers: 1, env: { MS: '20' }, args: ['--grace', '2s'] });
  const moving = await open(server);
  const paths = ['/compressed', '/wrapped', '/encoded'];
  const coded = await Promise.all(paths.map((path) => open(server, path)));
  await pollUntil(() => streams.every(({ last }) => last > 2));
  expect(await server.reload()).toMatchObject({ outcome: 'committed' });
  await pollUntil(() => coded.every(({ ended }) => ended !== undefined));
  expect(coded.map(({ ended, failures }) => [ended, ...failures])).toEqual([['end'], ['end'], ['end']]);
  expect(drained(server)[0]?.refused).toEqual({ encoded: 3 });
  await expectServed(server, [moving]);
});

thorough('a stream of an async function is told of at once, and ends where it is', async () => {
  const server = await startServer(APP, { workers: 1, env: { MS: '20' }, args: ['--grace', '2s'] });
  const all = await Promise.all([open(server, '/promise'), open(server, '/promise')]);
  await pollUntil(() => server.output.includes('"promise" returned a promise'));
  await pollUntil(() => all.every(({ last }) => last > 2));
  expect(await server.reload()).toMatchObject({ outcome: 'committed' });
  await pollUntil(() => all.every(({ ended }) => ended !== undefined));
  expect(all.map(({ ended, failures }) => [ended, ...failures])).toEqual([['end'], ['end']]);
  expect(drained(server)[0]?.refused).toEqual({ state: 2 });
  expect(server.story.split('surviveStream()')).toHaveLength(2);
});

brief('an app can tell a client that has moved from one that has left, whatever it imports', async () => {
  const server = await startServer(APP, { workers: 1, env: { MS: '20' } });
  const stream = await open(server, '/presence');
  await pollUntil(() => stream.last > 2);
  expect(await server.reload()).toMatchObject({ outcome: 'committed' });
  await expectServed(server);
  await pollUntil(() => server.output !== '');
  expect(server.output).toBe('moved\n');
  stream.leave();
  await pollUntil(() => server.output !== 'moved\n');
  expect(server.output).toBe('moved\nleft\n');
});

brief(
  'a release that has given up a stream: it goes on where it is, and ends before the deadline',
  async () => {
    const gone = path.join(directory, 'gone');
    const server = await startServer(APP, { workers: 2, env: { SURVIVES: gone }, args: ['--grace', '2s'] });
    const stream = await open(server);
    fs.writeFileSync(gone, '');
    expect(await server.reload()).toMatchObject({ outcome: 'committed' });
    fs.rmSync(gone);
    await pollUntil(() => stream.ended !== undefined);
    expect(stream.ended).toBe('end');
    expect(stream.failures).toEqual([]);
    const refused = drained(server).map((line) => line.refused);
    expect(refused).toContainEqual({ 'no-resumer': 1 });
    expect(server.story).toMatch(/stream:\w+: the other workers' app has no surviveStream\(\) of that name/);
  },
);
