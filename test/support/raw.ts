/** A client that sends and reads raw bytes on one connection. */
import net from 'node:net';
import { DEADLINE_MS } from './deadline.ts';
import type { Target } from './load.ts';

export class RawClient {
  text = '';
  closed = false;
  /** How the connection ended: `end` (an orderly FIN), or the error's code. */
  end: string | undefined;
  readonly #socket: net.Socket;
  readonly #waiting = new Set<() => void>();

  private constructor(socket: net.Socket) {
    this.#socket = socket;
    socket.setEncoding('utf8');
    socket.on('data', (chunk) => {
      this.text += chunk;
      this.#wake();
    });
    socket.on('end', () => {
      this.end ??= 'end';
      this.#wake();
    });
    socket.on('error', (error: NodeJS.ErrnoException) => {
      this.end ??= error.code ?? error.message;
    });
    socket.on('close', () => {
      this.closed = true;
      this.#wake();
    });
  }

  static open({ port, socketPath }: Target): Promise<RawClient> {
    return new Promise((resolve, reject) => {
      const socket = socketPath ? net.connect(socketPath) : net.connect(port as number, '127.0.0.1');
      const client = new RawClient(socket);
      socket.once('connect', () => resolve(client));
      socket.once('error', reject);
    });
  }

  #wake(): void {
    for (const check of [...this.#waiting]) check();
  }

  send(text: string): this {
    this.#socket.write(text);
    return this;
  }

  /** Sends a whole request; keep-alive unless the headers say otherwise. */
  get(path: string, headers = ''): this {
    return this.send(`GET ${path} HTTP/1.1\r\nHost: localhost\r\n${headers}\r\n`);
  }

  /** Resolves when the text matches; rejects when the connection ends before, or at the deadline. */
  until(what: RegExp): Promise<RegExpExecArray> {
    return this.#wait(`${what}`, () => what.exec(this.text));
  }

  /** Resolves when this many answers are complete. */
  async answers(count: number, body = 'done\n'): Promise<void> {
    await this.#wait(`${count} answers`, () => this.text.split(body).length > count || null);
  }

  /** Resolves with the way in which the connection ended. */
  ended(): Promise<string> {
    return this.#wait('the end', () => this.end ?? (this.closed ? 'close' : null), true);
  }

  #wait<T>(what: string, look: () => T | null, endIsFine = false): Promise<T> {
    return new Promise((resolve, reject) => {
      const settle = (act: () => void) => {
        clearTimeout(timer);
        this.#waiting.delete(check);
        act();
      };
      const fail = (why: string) =>
        settle(() =>
          reject(new Error(`${why} while waiting for ${what}; so far: ${JSON.stringify(this.text)}`)),
        );
      const timer = setTimeout(() => fail('nothing'), DEADLINE_MS);
      const check = () => {
        const found = look();
        if (found !== null) settle(() => resolve(found));
        else if (this.closed && !endIsFine) fail(`closed (${this.end})`);
      };
      this.#waiting.add(check);
      check();
    });
  }

  destroy(): void {
    this.#socket.destroy();
  }
}
