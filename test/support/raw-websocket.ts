/**
 * A WebSocket client that writes given bytes, split anywhere, and compares the echo: each message and each pong in
 * order, and nothing else.
 */
import { createHash } from 'node:crypto';
import net from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { DEADLINE_MS } from './deadline.ts';
import { BINARY, CLOSE, CONTINUATION, decode, type Frame, PONG, TEXT } from './websocket-frames.ts';

export interface Bytes {
  readonly bytes: Buffer;
  /** Pause before the bytes are written. */
  readonly pauseMs: number;
}

/** The expected echo: a message or a pong. */
export type Echo = Pick<Frame, 'opcode' | 'payload'>;

const KEY = Buffer.from('sixteen letters!').toString('base64');
const ACCEPT = createHash('sha1').update(`${KEY}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64');
export const HANDSHAKE = Buffer.from(
  [
    'GET / HTTP/1.1',
    'Host: x',
    'Connection: Upgrade',
    'Upgrade: websocket',
    'Sec-WebSocket-Version: 13',
    `Sec-WebSocket-Key: ${KEY}`,
    '\r\n',
  ].join('\r\n'),
);
/** After this much silence nothing more is expected. */

export class RawWebSocket {
  readonly failures: string[] = [];
  echoed = 0;
  bytes = 0;
  /** The code in the server's close frame. */
  closeCode: number | undefined;
  ended = false;
  readonly #socket: net.Socket;
  readonly #messages: Echo[] = [];
  readonly #pongs: Echo[] = [];
  #open = false;
  #closing = false;
  #rest = Buffer.alloc(0);
  #parts: Frame[] = [];
  #wake: () => void = () => {};

  private constructor(socket: net.Socket) {
    this.#socket = socket;
    socket.setNoDelay(true);
    socket.on('data', (chunk) => {
      this.bytes += chunk.length;
      this.#rest = Buffer.concat([this.#rest, chunk]);
      try {
        this.#read();
      } catch (error) {
        this.#fail((error as Error).message);
      }
      this.#wake();
    });
    socket.on('error', ({ message }) => this.#fail(message));
    socket.on('close', () => {
      this.ended = true;
      if (!this.#closing) this.#fail('closed by the server');
      this.#wake();
    });
  }

  static connect(port: number): Promise<RawWebSocket> {
    return new Promise((resolve, reject) => {
      const socket = net.connect(port, '127.0.0.1');
      socket.once('error', reject);
      socket.once('connect', () => {
        socket.off('error', reject);
        resolve(new RawWebSocket(socket));
      });
    });
  }

  #fail(why: string): void {
    const waiting = `${this.#messages.length} messages and ${this.#pongs.length} pongs due`;
    this.failures.push(`${why} (${waiting}, close ${this.closeCode}, ${this.echoed} echoed)`);
  }

  #read(): void {
    if (!this.#open) {
      const end = this.#rest.indexOf('\r\n\r\n');
      if (end < 0) return;
      const head = this.#rest.subarray(0, end).toString('latin1');
      if (!head.startsWith('HTTP/1.1 101 ') || !head.includes(ACCEPT)) this.#fail(head);
      this.#open = true;
      this.#rest = this.#rest.subarray(end + 4);
    }
    for (let next = decode(this.#rest); next; next = decode(this.#rest)) {
      this.#rest = next.rest as Buffer<ArrayBuffer>;
      this.#frame(next.frame);
    }
  }

  #frame(frame: Frame): void {
    const { opcode, payload, fin } = frame;
    if (opcode === PONG) return this.#compare(this.#pongs, { opcode, payload });
    if (opcode === CLOSE) {
      this.closeCode = payload.length > 0 ? payload.readUInt16BE(0) : 1005;
      if (this.#closing) return;
      this.#fail(`close frame ${this.closeCode} ${payload.subarray(2)}`);
      return;
    }
    const isFirst = this.#parts.length === 0;
    if (isFirst ? opcode !== TEXT && opcode !== BINARY : opcode !== CONTINUATION)
      this.#fail(`opcode ${opcode} after ${this.#parts.length} parts`);
    this.#parts.push(frame);
    if (!fin) return;
    const whole = Buffer.concat(this.#parts.map(({ payload }) => payload));
    const [first] = this.#parts as [Frame];
    this.#parts = [];
    this.echoed++;
    this.#compare(this.#messages, { opcode: first.opcode, payload: whole });
  }

  #compare(due: Echo[], { opcode, payload }: Echo): void {
    const expected = due.shift();
    if (!expected) this.#fail(`nobody sent this: ${opcode} of ${payload.length}`);
    else if (expected.opcode !== opcode || !expected.payload.equals(payload))
      this.#fail(`sent ${expected.opcode} of ${expected.payload.length}, got ${opcode} of ${payload.length}`);
  }

  /** Writes the pieces; resolves when they are written. */
  async write(pieces: readonly Bytes[], echoes: readonly Echo[]): Promise<void> {
    for (const echo of echoes) (echo.opcode === PONG ? this.#pongs : this.#messages).push(echo);
    for (const { bytes, pauseMs } of pieces) {
      if (pauseMs >= 1) await sleep(pauseMs);
      if (this.ended) return;
      this.bytes += bytes.length;
      this.#socket.write(bytes);
    }
  }

  /** From here on only the echo of the close frame and the end are expected. */
  expectClose(): void {
    this.#closing = true;
  }

  /** Resolves when every echo has come back. */
  echoes(): Promise<void> {
    return this.#until(
      'the echoes',
      () => this.#open && this.#messages.length === 0 && this.#pongs.length === 0,
    );
  }

  /** Resolves when the server has closed. */
  end(): Promise<void> {
    return this.#until('the end', () => this.ended);
  }

  #until(what: string, look: () => boolean): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(() => {
        this.#fail(`in limbo: no sign of ${what}`);
        this.#socket.destroy();
      }, DEADLINE_MS);
      this.#wake = () => {
        if (!look() && !this.ended) return;
        clearTimeout(timer);
        this.#wake = () => {};
        resolve();
      };
      this.#wake();
    });
  }

  leave(): void {
    this.#closing = true;
    this.#socket.destroy();
  }
}
