/** Clients that never retry and check each answer; what fails is kept, with the connection that it was on. */
import { randomBytes } from 'node:crypto';
import http from 'node:http';
import type { Socket } from 'node:net';
import net from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Random } from '../support/random.ts';

export interface Failure {
  readonly what: string;
  readonly reason: string;
  /** The client's port; 0 when there was no connection. */
  readonly port: number;
  /** When it began to connect. */
  readonly since: number;
  /** No request was under way. */
  readonly atRest: boolean;
  readonly isLongLived?: boolean;
  readonly inOrder?: boolean;
  /** Pid of the worker that answered last. */
  readonly server: string;
  readonly at: number;
}

interface Ask {
  readonly path: string;
  readonly agent: http.Agent | false;
  readonly body?: Buffer;
}

const ANSWER_MS = 90_000;

export class Clients {
  readonly failures: Failure[] = [];
  /** Answers of each kind. */
  readonly answered: Record<string, number> = {};
  readonly #port: number;
  readonly #random: Random;
  readonly #agents: http.Agent[] = [];
  readonly #running: Promise<void>[] = [];
  readonly #opened = new WeakMap<Socket, number>();
  readonly #servers = new WeakMap<Socket, string>();
  /** With a request under way. */
  readonly #busy = new WeakSet<Socket>();
  /** The server has said that it closes them. */
  readonly #announced = new WeakSet<Socket>();
  #last = 0;
  #stopped = false;

  constructor(port: number, random: Random) {
    this.#port = port;
    this.#random = random;
  }

  start(): this {
    for (let client = 0; client < 8; client++) this.#keepAlive(30, () => this.#any());
    // Mostly at rest: they are what is handed over.
    for (let client = 0; client < 30; client++) this.#keepAlive(1_500, () => ({ path: '/' }));
    for (let client = 0; client < 3; client++) {
      this.#run(40, () => this.#ask('fresh', { ...this.#any(), agent: false }));
    }
    for (let client = 0; client < 2; client++) this.#run(100, () => this.#bitByBit());
    return this;
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await Promise.all(this.#running);
    for (const agent of this.#agents) agent.destroy();
  }

  #any(): { path: string; body?: Buffer } {
    const kind = this.#random.next();
    if (kind < 0.5) return { path: '/' };
    if (kind < 0.75) return { path: `/slow?ms=${this.#random.below(800)}` };
    return { path: '/echo', body: randomBytes(1 + this.#random.below(20_000)) };
  }

  #keepAlive(pauseMs: number, next: () => { path: string; body?: Buffer }): void {
    const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
    this.#agents.push(agent);
    this.#run(pauseMs, () => this.#ask('kept', { ...next(), agent }));
  }

  #run(pauseMs: number, turn: () => Promise<void>): void {
    const client = async () => {
      while (!this.#stopped) {
        await turn();
        await sleep(this.#random.next() * 2 * pauseMs);
      }
    };
    this.#running.push(client());
  }

  #count(what: string): void {
    this.answered[what] = (this.answered[what] ?? 0) + 1;
  }

  async #ask(what: string, { path, agent, body }: Ask): Promise<void> {
    const id = String(++this.#last);
    const connection = { port: 0, since: Date.now(), server: '', atRest: false };
    try {
      const text = await new Promise<string>((resolve, reject) => {
        const request = http.request({
          host: '127.0.0.1',
          port: this.#port,
          path,
          agent,
          method: body ? 'POST' : 'GET',
          headers: { 'x-id': id },
          timeout: ANSWER_MS,
        });
        request.once('socket', (socket) => {
          if (!this.#opened.has(socket)) {
            this.#opened.set(socket, connection.since);
            if (agent) this.#watch(socket);
          }
          connection.since = this.#opened.get(socket) as number;
          // Known while it connects, and no more once it has failed.
          connection.port = socket.localPort ?? 0;
          connection.server = this.#servers.get(socket) ?? '';
          this.#busy.add(socket);
        });
        request.once('timeout', () => request.destroy(new Error(`no answer within ${ANSWER_MS} ms`)));
        request.once('error', reject);
        request.once('response', (response) => {
          let read = '';
          response.setEncoding('latin1');
          if (request.socket) this.#note(request.socket, response.headers);
          response.on('data', (chunk) => {
            read += chunk;
          });
          response.once('error', reject);
          response.once('end', () => {
            if (request.socket) this.#busy.delete(request.socket);
            if (response.statusCode === 200) resolve(read);
            else reject(new Error(`status ${response.statusCode}`));
          });
        });
        request.end(body);
      });
      const wanted = body ? `${id} ${body.toString('hex')}` : undefined;
      if (wanted ? text !== wanted : !text.startsWith(`${id} `)) {
        throw new Error(`a wrong answer: ${text.slice(0, 60)}`);
      }
      this.#count(what);
    } catch (error) {
      this.#fail(`${what} ${path} #${id}`, error, connection);
    }
  }

  /** A request whose header comes in single bytes. */
  async #bitByBit(): Promise<void> {
    const id = String(++this.#last);
    const connection = { port: 0, since: Date.now(), server: '', atRest: false };
    const socket = net.connect(this.#port, '127.0.0.1');
    try {
      const text = await new Promise<string>((resolve, reject) => {
        let read = '';
        socket.setTimeout(ANSWER_MS, () => reject(new Error(`no answer within ${ANSWER_MS} ms`)));
        socket.once('error', reject);
        socket.on('data', (chunk) => {
          read += chunk.toString('latin1');
        });
        socket.once('close', () => resolve(read));
        process.nextTick(() => {
          connection.port = socket.localPort ?? 0;
        });
        socket.once('connect', async () => {
          for (const byte of `GET / HTTP/1.1\r\nhost: x\r\nx-id: ${id}\r\nconnection: close\r\n\r\n`) {
            if (socket.destroyed) return;
            socket.write(byte);
            await sleep(10);
          }
        });
      });
      if (!/^HTTP\/1\.1 200 /.test(text) || !text.includes(`${id} hello`)) {
        throw new Error(`a wrong answer: ${JSON.stringify(text.slice(0, 80))}`);
      }
      this.#count('bit by bit');
    } catch (error) {
      this.#fail(`bit by bit #${id}`, error, connection);
    } finally {
      socket.destroy();
    }
  }

  #note(socket: Socket, { 'x-pid': pid, connection }: http.IncomingHttpHeaders): void {
    this.#servers.set(socket, String(pid));
    if (connection === 'close') this.#announced.add(socket);
  }

  /** An agent forgets in silence a connection that the server closes between two requests. */
  #watch(socket: Socket): void {
    const port = socket.localPort ?? 0;
    const since = this.#opened.get(socket) as number;
    socket.once('close', () => {
      if (this.#stopped || this.#announced.has(socket) || this.#busy.has(socket)) return;
      const server = this.#servers.get(socket) ?? '';
      this.#fail('kept', new Error('closed at rest'), { port, since, server, atRest: true });
    });
  }

  #fail(what: string, error: unknown, connection: Omit<Failure, 'what' | 'reason' | 'at'>): void {
    const { code, message } = error as NodeJS.ErrnoException;
    this.failures.push({ what, reason: `${code ?? ''} ${message}`.trim(), ...connection, at: Date.now() });
  }
}
