/**
 * A client that keeps one connection for its whole life. It reads every answer to its end and compares it, in order;
 * a connection that the server ends is a failure.
 */
import net from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import tls from 'node:tls';
import type { Target } from './load.ts';

export interface Piece {
  readonly text: string;
  /** Pause before the piece is written. */
  readonly pauseMs: number;
}

export class KeepAliveClient {
  readonly failures: string[] = [];
  answered = 0;
  /** `x-pid` of the last answer: the worker that gave it. */
  lastPid = 0;
  /** The client's port. */
  readonly port: number;
  readonly #socket: net.Socket;
  readonly #expected: { body: string | RegExp; done: () => void }[] = [];
  #text = '';
  #leaving = false;

  private constructor(socket: net.Socket) {
    this.#socket = socket;
    this.port = socket.localPort ?? 0;
    socket.setEncoding('latin1');
    socket.on('data', (chunk: string) => {
      this.#text += chunk;
      this.#read();
    });
    socket.on('error', ({ message }) => this.#fail(`error: ${message}`));
    socket.on('end', () => {
      if (!this.#leaving) this.#fail('closed by the server');
    });
  }

  static connect({ port, socketPath, tls: options }: Target): Promise<KeepAliveClient> {
    return new Promise((resolve, reject) => {
      const to = socketPath ? { path: socketPath } : { port: port as number, host: '127.0.0.1' };
      const socket = options ? tls.connect({ ...options, ...to }) : net.connect(to);
      socket.once('error', reject);
      socket.once(options ? 'secureConnect' : 'connect', () => {
        socket.off('error', reject);
        resolve(new KeepAliveClient(socket));
      });
    });
  }

  get open(): boolean {
    return this.failures.length === 0 && !this.#socket.destroyed;
  }

  #fail(why: string): void {
    const waiting = this.#expected.length;
    this.failures.push(`${why} (${waiting} unanswered, so far ${JSON.stringify(this.#text.slice(0, 80))})`);
    for (const { done } of this.#expected.splice(0)) done();
  }

  /** The part of an answer that has come so far; empty when nothing is asked. */
  get rest(): string {
    return this.#text;
  }

  /** Sends the pieces with pauses between them. Resolves when the answer has come or the connection has failed. */
  ask(pieces: readonly string[], body: string | RegExp): Promise<void> {
    return this.play(
      pieces.map((text, at) => ({ text, pauseMs: at > 0 ? Math.random() * 60 : 0 })),
      [body],
    );
  }

  /** Like `ask`, with the caller's pauses, for requests that do not wait for the answer to the previous one. */
  async play(pieces: readonly Piece[], bodies: readonly (string | RegExp)[]): Promise<void> {
    if (!this.open) return;
    const answered = bodies.map((body) => new Promise<void>((done) => this.#expected.push({ body, done })));
    for (const { text, pauseMs } of pieces) {
      if (pauseMs > 0) await sleep(pauseMs);
      if (!this.#socket.destroyed) this.#socket.write(text, 'latin1');
    }
    await Promise.all(answered);
  }

  #read(): void {
    for (let answer = parse(this.#text); answer; answer = parse(this.#text)) {
      this.#text = this.#text.slice(answer.length);
      const expected = this.#expected.shift();
      if (!expected) return this.#fail(`an answer that nobody asked for: ${answer.status}`);
      const fits =
        typeof expected.body === 'string' ? answer.body === expected.body : expected.body.test(answer.body);
      if (answer.status !== 200 || !fits) this.failures.push(`${answer.status}: ${answer.body.slice(0, 80)}`);
      else this.answered++;
      this.lastPid = answer.pid;
      expected.done();
    }
  }

  leave(): void {
    this.#leaving = true;
    this.#socket.destroy();
  }
}

interface ParsedAnswer {
  readonly status: number;
  readonly body: string;
  readonly pid: number;
  /** Characters of the whole answer. */
  readonly length: number;
}

/** Parses the first answer in the text; undefined while it is incomplete. */
function parse(text: string): ParsedAnswer | undefined {
  const end = text.indexOf('\r\n\r\n');
  if (end === -1) return undefined;
  const head = text.slice(0, end);
  const header = (name: string) => new RegExp(`^${name}: *(.*)$`, 'im').exec(head)?.[1]?.trim();
  const status = Number(/^HTTP\/1\.1 (\d+)/.exec(head)?.[1]);
  const pid = Number(header('x-pid'));
  const start = end + 4;
  const size = header('content-length');
  if (size !== undefined) {
    const length = start + Number(size);
    return text.length < length ? undefined : { status, pid, body: text.slice(start, length), length };
  }
  let body = '';
  for (let at = start; ; ) {
    const line = text.indexOf('\r\n', at);
    if (line === -1) return undefined;
    const chunk = Number.parseInt(text.slice(at, line), 16);
    if (text.length < line + 2 + chunk + 2) return undefined;
    body += text.slice(line + 2, line + 2 + chunk);
    at = line + 2 + chunk + 2;
    if (chunk === 0) return { status, pid, body, length: at };
  }
}
