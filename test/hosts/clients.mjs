// The clients of test/hosts, as a process of their own, which runs on a host of its own. They never retry: a request
// without a complete and correct answer is a failure. Its parent sets their number by environment variables, and asks
// for what has happened since it asked last.
import net from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { WebSocket } from 'ws';

const { TARGET, KEEP_ALIVE, SLOW, FRESH, WEBSOCKETS, PAUSE_MS } = process.env;
const pauseMs = Number(PAUSE_MS);
/** Longer than every timeout of the balancer. */
const LOST_MS = 60_000;

let numbers = 0;
let happened;
const nothing = () => ({ requests: 0, connections: 0, failures: [], closed: [], messages: 0 });
happened = nothing();

/** Every request has a number, by which the log of the balancer finds it. */
function nextRequest(more, isSlow) {
  const n = ++numbers;
  const ms = isSlow || n % 200 === 0 ? `&ms=${100 + (n % 300)}` : '';
  const size = n % 15 === 0 ? 3_000 : 0;
  const head = `${size ? 'POST' : 'GET'} /?n=${n}${ms} HTTP/1.1\r\nHost: shop.example\r\n${more}`;
  const body = size ? `Content-Length: ${size}\r\n\r\n${'x'.repeat(size)}` : '\r\n';
  return { n, size, text: head + body };
}

/** The status and the body of a complete answer; undefined before. */
function read(text) {
  const end = text.indexOf('\r\n\r\n');
  if (end < 0) return undefined;
  const [, length] = /^content-length: *(\d+)/im.exec(text.slice(0, end)) ?? [];
  const body = text.slice(end + 4);
  const isChunked = length === undefined && /^transfer-encoding: *chunked/im.test(text.slice(0, end));
  if (isChunked ? !body.endsWith('0\r\n\r\n') : body.length < Number(length)) return undefined;
  return {
    status: Number(text.slice(9, 12)),
    body,
    closes: /^connection: *close/im.test(text.slice(0, end)),
  };
}

class Connection {
  #socket;
  #text = '';
  #done;

  /** False once the other end has closed it, or said that it will. */
  get isOpen() {
    return this.#socket !== undefined && this.#socket.readyState === 'open';
  }

  async open() {
    happened.connections++;
    const [host, port] = TARGET.split(':');
    this.#socket = net.connect(Number(port), host);
    this.#socket.setNoDelay(true).setEncoding('latin1');
    this.#socket.on('data', (chunk) => {
      this.#text += chunk;
      const answer = read(this.#text);
      if (answer) this.#end(answer);
    });
    const fails = (cause) => this.#end({ cause });
    this.#socket.on('error', ({ code, message }) => fails(code ?? message));
    this.#socket.on('end', () => fails('closed without an answer'));
    this.#socket.setTimeout(LOST_MS, () => fails('no answer'));
  }

  #end(result) {
    if (result.cause || result.closes) this.#socket.destroy();
    this.#done?.(result);
    this.#done = undefined;
  }

  ask({ text }) {
    this.#text = '';
    return new Promise((resolve) => {
      this.#done = resolve;
      this.#socket.write(text, 'latin1');
    });
  }

  close() {
    this.#socket?.destroy();
  }
}

async function askOnce(connection, kind, { more = '', isSlow = false } = {}) {
  const request = nextRequest(more, isSlow);
  const { cause, status, body } = await connection.ask(request);
  happened.requests++;
  if (cause !== undefined || status !== 200)
    happened.failures.push({ kind, n: request.n, cause: cause ?? `status ${status}` });
  else if (!body.includes(` ${request.n} ${request.size}`))
    happened.failures.push({ kind, n: request.n, cause: `wrong answer: ${body.slice(0, 60)}` });
}

async function keepsAlive(isSlow) {
  const connection = new Connection();
  for (;;) {
    if (!connection.isOpen) await connection.open();
    await askOnce(connection, 'keep-alive', { isSlow });
    if (pauseMs && !isSlow) await sleep(Math.random() * 2 * pauseMs);
  }
}

async function connectsAnew() {
  for (;;) {
    const connection = new Connection();
    await connection.open();
    await askOnce(connection, 'new connection', { more: 'Connection: close\r\n' });
    connection.close();
    await sleep(Math.random() * 2 * (pauseMs + 1));
  }
}

/** One WebSocket until its end. Its messages are answered in order, with a number that a move does not change. */
function talks() {
  const n = ++numbers;
  return new Promise((resolve) => {
    const ws = new WebSocket(`ws://${TARGET}/?n=${n}`);
    let host;
    let sent = 0;
    let answered = 0;
    const say = () => ws.readyState === WebSocket.OPEN && ws.send(`m${++sent}`);
    const timer = setInterval(say, 100);
    ws.on('open', say);
    ws.on('message', (data) => {
      const [from, count, text] = data.toString().split(' ');
      host = from;
      answered++;
      happened.messages++;
      if (Number(count) !== answered || text !== `m${answered}`)
        happened.failures.push({ kind: 'WebSocket', n, host, cause: `out of order: ${data} at ${answered}` });
    });
    ws.on('error', ({ message }) => {
      if (host === undefined) happened.failures.push({ kind: 'WebSocket', n, cause: message });
    });
    ws.on('close', (code) => {
      clearInterval(timer);
      if (host !== undefined) happened.closed.push({ n, host, code });
      resolve();
    });
  });
}

async function keepsTalking() {
  for (;;) {
    await talks();
    await sleep(50);
  }
}

const many = (count, client) => Array.from({ length: Number(count) }, client);
many(KEEP_ALIVE, () => keepsAlive(false));
many(SLOW, () => keepsAlive(true));
many(FRESH, connectsAnew);
many(WEBSOCKETS, keepsTalking);

process.on('message', () => {
  process.send(happened);
  happened = nothing();
});
process.on('disconnect', () => process.exit());
