/**
 * A client of `survives-websockets.mjs`, with the unmodified `ws` package. It records as a failure every answer that is
 * missing, repeated, changed or out of order, every gap in the push numbers, every missing pong, and every end that it
 * did not ask for.
 */
import { type ClientOptions, WebSocket } from 'ws';
import type { Random } from './random.ts';

/** The head of each message of the server. */
export interface Header {
  /** Number of the message that this one answers. */
  readonly n?: number;
  readonly push?: number;
  readonly count: number;
  readonly pushes: number;
  readonly pings: number;
  readonly pongs: number;
  /** Number of moves of the connection. */
  readonly moves: number;
  readonly pid: number;
  readonly generation: number;
  readonly [more: string]: unknown;
}

export interface End {
  readonly code: number;
  readonly reason: string;
}

interface Expected {
  readonly content: Buffer;
  readonly binary: boolean;
  readonly done: (header: Header | undefined) => void;
}

export interface ConnectOptions extends ClientOptions {
  readonly path?: string;
  readonly protocols?: string[];
  readonly scheme?: 'ws' | 'wss';
}

export class WebSocketClient {
  readonly failures: string[] = [];
  readonly ended: Promise<End>;
  /** Undefined while it is open. */
  end: End | undefined;
  sent = 0;
  answered = 0;
  pushed = 0;
  pings = 0;
  pongs = 0;
  bytes = 0;
  /** Head of the last answer or push. */
  last: Header | undefined;
  readonly ws: WebSocket;
  readonly #expected: Expected[] = [];
  #leaving = false;
  #writing = Promise.resolve();

  private constructor(ws: WebSocket) {
    this.ws = ws;
    ws.on('message', (data: Buffer, binary) => this.#read(data, binary));
    ws.on('pong', (data) => {
      if (Number(data.toString()) !== ++this.pongs) this.#fail(`pong ${data} after ${this.pongs - 1}`);
    });
    ws.on('error', ({ message }) => this.#fail(`error: ${message}`));
    this.ended = new Promise((resolve) => {
      ws.once('close', (code, reason) => {
        this.end = { code, reason: reason.toString() };
        if (!this.#leaving) this.#fail(`closed: ${code} ${reason}`);
        for (const { done } of this.#expected.splice(0)) done(undefined);
        resolve(this.end);
      });
    });
  }

  static connect(
    port: number,
    { path = '/', protocols = [], scheme = 'ws', ...options }: ConnectOptions = {},
  ): Promise<WebSocketClient> {
    return new Promise((resolve, reject) => {
      const ws = new WebSocket(`${scheme}://127.0.0.1:${port}${path}`, protocols, options);
      const client = new WebSocketClient(ws);
      ws.once('open', () => resolve(client));
      ws.once('error', reject);
    });
  }

  #fail(why: string): void {
    const waiting = this.#expected.length;
    this.failures.push(`${why} (${waiting} unanswered, last ${JSON.stringify(this.last)})`);
  }

  #read(data: Buffer, binary: boolean): void {
    this.bytes += data.length;
    const line = data.indexOf('\n');
    const header = JSON.parse(data.subarray(0, line).toString()) as Header;
    this.last = header;
    if (header.push !== undefined) {
      if (header.push !== ++this.pushed) this.#fail(`push ${header.push}, expected ${this.pushed}`);
      this.pushed = header.push;
      return;
    }
    this.answered++;
    const expected = this.#expected.shift();
    if (header.n !== this.answered || header.count < this.answered)
      this.#fail(`answer ${this.answered} says ${header.n} of ${header.count}`);
    if (!expected) this.#fail(`nobody asked for ${header.n}`);
    else if (expected.binary !== binary || !expected.content.equals(data.subarray(line + 1)))
      this.#fail(`answer ${header.n}: not what has been sent (${expected.content.length} bytes)`);
    expected?.done(header);
  }

  /** Sends one message in one or several parts. Resolves with its answer, or with nothing at the end. */
  send(parts: readonly (string | Buffer)[], { binary = false, pause = async () => {} } = {}) {
    const buffers = parts.map((part) => Buffer.from(part as string));
    let done: (header: Header | undefined) => void = () => {};
    const answer = new Promise<Header | undefined>((resolve) => {
      done = resolve;
    });
    const write = async (before: Promise<void>) => {
      await before;
      if (this.end) return done(undefined);
      const content = Buffer.concat(buffers);
      this.bytes += content.length;
      this.sent++;
      this.#expected.push({ content, binary, done });
      for (const [at, part] of buffers.entries()) {
        if (at > 0) await pause();
        if (this.end) return;
        this.ws.send(part, { binary, fin: at === buffers.length - 1 }, () => {});
      }
    };
    // One message after the other: parts of two messages must not mix.
    this.#writing = write(this.#writing);
    return { answer, written: this.#writing };
  }

  /** Sends one message in one piece. Resolves with its answer. */
  async ask(text = 'hello'): Promise<Header> {
    const header = await this.send([text]).answer;
    if (!header) throw new Error(`no answer to ${text}: ${this.failures}`);
    return header;
  }

  ping(): void {
    if (!this.end) this.ws.ping(String(++this.pings));
  }

  get unanswered(): number {
    return this.#expected.length + this.pings - this.pongs;
  }

  /** Cuts the connection without a close frame. */
  leave(): void {
    this.#leaving = true;
    this.ws.terminate();
  }

  /** Closes with a close frame. Resolves with the code that came back. */
  async close(code = 1000): Promise<End> {
    this.#leaving = true;
    this.ws.close(code);
    return this.ended;
  }
}

/** Returns bytes, or text with characters of one to four bytes, so that a split may fall into one. */
export function content(random: Random, length: number, binary: boolean): Buffer {
  if (!binary) {
    const word = Array.from({ length: 12 }, () => random.of([...'abcxyz \n"é€😀'])).join('');
    return Buffer.from(word.repeat(Math.ceil(length / Buffer.byteLength(word))));
  }
  const bytes = Buffer.allocUnsafe(Math.ceil(length / 4) * 4);
  for (let at = 0; at < bytes.length; at += 4) bytes.writeUInt32LE((random.next() * 2 ** 32) >>> 0, at);
  return bytes.subarray(0, length);
}
