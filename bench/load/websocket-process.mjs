/**
 * WebSocket clients, in a process of its own. What comes back wrong, a count that skips or repeats, and whatever
 * ends a connection, is counted.
 */
import { once } from 'node:events';
import { WebSocket } from 'ws';
import { inLanes, obey } from './obey.mjs';

/** Same limit as in herd-process.mjs. */
const PER_ADDRESS = 8000;
const TICK_MS = 2;
/** Connections that are asked for the heap of their worker. */
const SAMPLE = 100;

/** @type {WebSocket[]} */
let clients = [];
let closed = 0;
let wrong = 0;
let over = false;
/** @type {NodeJS.Timeout[]} */
let timers = [];
/** Answers: when they came, and how long after the planned moment. @type {{at: number, ms: number}[]} */
const samples = [];

async function connect(port, index) {
  const localAddress = `127.0.0.${2 + Math.floor(index / PER_ADDRESS)}`;
  const client = new WebSocket(`ws://127.0.0.1:${port}/`, { localAddress, perMessageDeflate: false });
  client.on('error', () => {});
  client.once('close', () => {
    if (!over) closed++;
  });
  await once(client, 'open');
  clients.push(client);
}

/** Ends all of them in order. */
async function leave() {
  over = true;
  for (const timer of timers) clearInterval(timer);
  const open = clients.filter(({ readyState }) => readyState !== WebSocket.CLOSED);
  const ends = open.map((client) => once(client, 'close'));
  for (const client of open) client.close();
  await Promise.all(ends);
  clients = [];
  timers = [];
  over = false;
}

/** One of the app's counts at a time; resolves when it has come. */
function counting(client) {
  let said = 0;
  /** Planned moments whose answers have not come. @type {number[]} */
  const waiting = [];
  client.on('message', (data) => {
    const planned = waiting.shift();
    if (Number.parseInt(String(data), 10) !== ++said || planned === undefined) wrong++;
    else samples.push({ at: Date.now(), ms: performance.now() - planned });
  });
  return (planned) => {
    waiting.push(planned);
    client.send('SAY');
  };
}

obey({
  open: ({ port, connections }) => inLanes(Array(connections).keys(), (index) => connect(port, index)),

  /** At full speed: the next message when the last has come back. */
  async echo({ bytes, seconds }) {
    const message = Buffer.alloc(bytes, 'e');
    let answered = 0;
    const start = performance.now();
    const end = start + seconds * 1000;
    const done = clients.map(
      (client) =>
        new Promise((resolve) => {
          const back = (data) => {
            if (data.length !== bytes) wrong++;
            answered++;
            if (performance.now() < end) client.send(message);
            else resolve(client.off('message', back));
          };
          client.on('message', back).once('close', resolve);
          client.send(message);
        }),
    );
    await Promise.all(done);
    return { answered, wrong, closed, seconds: (performance.now() - start) / 1000 };
  },

  /** Every client says something now and then; all together `rate` per second, in turns, at planned moments. */
  talk({ rate }) {
    const say = clients.map(counting);
    let next = performance.now();
    let turn = 0;
    const tick = () => {
      for (; next <= performance.now(); next += 1000 / rate) say[turn++ % say.length](next);
    };
    timers.push(setInterval(tick, TICK_MS));
  },

  /** Counts since the start. */
  seen: () => ({ closed, wrong, samples: samples.splice(0) }),

  /** The heap of each of so many workers. */
  async heaps({ workers }) {
    const heaps = new Map();
    // The newest and the oldest may all be one worker's.
    const step = Math.max(1, Math.floor(clients.length / SAMPLE));
    for (let at = 0; at < clients.length && heaps.size < workers; at += step) {
      const client = clients[at];
      client.send('MEMORY');
      const [data] = await once(client, 'message');
      const { pid, heap } = JSON.parse(String(data));
      heaps.set(pid, heap);
    }
    if (heaps.size < workers) throw new Error(`only ${heaps.size} of ${workers} workers have WebSockets`);
    return [...heaps.values()];
  },

  leave,

  close() {
    over = true;
    for (const client of clients) client.terminate();
    process.disconnect();
  },
});
