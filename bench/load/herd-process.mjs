/**
 * Many idle connections, in a process of its own; its other end is herd.mjs. Each has had one answer
 * before it falls idle. Nothing is sent on it then, and whatever ends it is counted.
 */
import net from 'node:net';
import { inLanes, obey } from './obey.mjs';

const REQUEST = 'GET / HTTP/1.1\r\nHost: bench\r\nConnection: keep-alive\r\n\r\n';
/** Linux gives one source address about 28,000 ports, and other programs want some, too. */
const PER_ADDRESS = 8000;
const TIMEOUT_MS = 10_000;

/** @type {net.Socket[]} */
let sockets = [];
let closed = 0;

/** One request; resolves with the body, the pid of the worker that answers. @param {net.Socket} socket */
const ask = (socket) =>
  new Promise((resolve, reject) => {
    let text = '';
    const settle = (act, value) => {
      clearTimeout(timer);
      socket.off('data', read).off('close', ended);
      act(value);
    };
    const read = (data) => {
      text += data;
      const at = text.indexOf('\r\n\r\n');
      if (at > 0 && text.endsWith('\n', text.length) && text.length > at + 4) {
        settle(resolve, Number(text.slice(at + 4)));
      }
    };
    const ended = () => settle(reject, new Error('closed before the answer'));
    const timer = setTimeout(() => settle(reject, new Error('no answer in time')), TIMEOUT_MS);
    socket.on('data', read).once('close', ended);
    if (socket.destroyed) ended();
    else socket.write(REQUEST);
  });

async function connect(port, index) {
  const localAddress = `127.0.0.${2 + Math.floor(index / PER_ADDRESS)}`;
  const socket = net.connect({ port, host: '127.0.0.1', localAddress, noDelay: true });
  await new Promise((resolve, reject) => socket.once('connect', resolve).once('error', reject));
  socket.on('error', () => {});
  socket.once('close', () => closed++);
  sockets.push(socket);
  await ask(socket);
}

obey({
  async open({ port, connections }) {
    await inLanes(Array(connections).keys(), (index) => connect(port, index));
  },
  count: () => ({ closed }),
  /** On connections from all over the herd. */
  async ask({ sample }) {
    const step = sockets.length / sample;
    const chosen = Array.from({ length: sample }, (_, at) => sockets[Math.floor(at * step)]);
    /** @type {number[]} */
    const pids = [];
    const failures = [];
    await inLanes(chosen, async (socket) => {
      await ask(socket).then(
        (pid) => pids.push(pid),
        (error) => failures.push(error.message),
      );
    });
    return { pids, failures };
  },
  close() {
    for (const socket of sockets) socket.destroy();
    sockets = [];
    process.disconnect();
  },
});
