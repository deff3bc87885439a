/**
 * The part of a WebSocket client that Node's inspector needs: Node 20 has no client of its own. Text
 * messages, no fragments (the inspector sends none), no extensions. https://www.rfc-editor.org/rfc/rfc6455
 */
import { randomBytes } from 'node:crypto';
import net from 'node:net';

const TEXT = 0x1;
const CLOSE = 0x8;
const FINAL = 0x80;
const MASKED = 0x80;
/** A worker's inspector may send this much in all: it must not fill the master's memory. */
const MOST_BYTES = 32 * 1024 * 1024;

export interface WebSocketEvents {
  onMessage(text: string): void;
  /** The connection could not be opened, or has ended. */
  onEnd(reason: string): void;
}

export class WebSocketClient {
  readonly #socket: net.Socket;
  readonly #events: WebSocketEvents;
  #buffer: Buffer = Buffer.alloc(0);
  /** Data that came since; joined only when a whole message is there, which may have megabytes. */
  #chunks: Buffer[] = [];
  #waitsFor = 0;
  #received = 0;
  #open = false;
  readonly #waiting: string[] = [];

  /** @param address `ws://HOST:PORT/PATH` */
  constructor(address: string, events: WebSocketEvents) {
    const { hostname, port, pathname, host } = new URL(address);
    this.#events = events;
    this.#socket = net.connect(Number(port), hostname.replace(/^\[|\]$/g, ''));
    this.#socket.on('data', (data) => this.#read(data));
    this.#socket.on('error', ({ message }) => this.#end(message));
    this.#socket.on('close', () => this.#end('the inspector closed the connection'));
    const key = randomBytes(16).toString('base64');
    this.#socket.write(
      `GET ${pathname} HTTP/1.1\r\nHost: ${host}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: ${key}\r\nSec-WebSocket-Version: 13\r\n\r\n`,
    );
  }

  send(text: string): void {
    if (this.#open) this.#socket.write(frame(text));
    else this.#waiting.push(text);
  }

  close(): void {
    this.#socket.destroy();
  }

  #end(reason: string): void {
    this.#socket.destroy();
    this.#events.onEnd(reason);
  }

  #read(data: Buffer): void {
    this.#received += data.length;
    if (this.#received > MOST_BYTES) return this.#end('the inspector sent too much');
    this.#chunks.push(data);
    const there = this.#chunks.reduce((sum, { length }) => sum + length, this.#buffer.length);
    if (there < this.#waitsFor) return;
    this.#buffer = Buffer.concat([this.#buffer, ...this.#chunks.splice(0)]);
    this.#waitsFor = 0;
    if (!this.#open && !this.#handshake()) return;
    for (let text = this.#next(); text !== undefined; text = this.#next()) this.#events.onMessage(text);
  }

  #handshake(): boolean {
    const end = this.#buffer.indexOf('\r\n\r\n');
    if (end === -1) return false;
    const head = this.#buffer.toString('latin1', 0, end);
    if (!/^HTTP\/1\.1 101 /.test(head)) {
      this.#end(`the inspector answered: ${head.split('\r\n')[0]}`);
      return false;
    }
    this.#buffer = this.#buffer.subarray(end + 4);
    this.#open = true;
    for (const text of this.#waiting.splice(0)) this.send(text);
    return true;
  }

  /** The next whole text message; undefined while there is none. */
  #next(): string | undefined {
    const { length } = this.#buffer;
    if (length < 2) return undefined;
    const short = (this.#buffer[1] as number) & 0x7f;
    const start = short === 126 ? 4 : short === 127 ? 10 : 2;
    if (length < start) return undefined;
    const size =
      short === 126
        ? this.#buffer.readUInt16BE(2)
        : short === 127
          ? Number(this.#buffer.readBigUInt64BE(2))
          : short;
    if (length < start + size) {
      this.#waitsFor = start + size;
      return undefined;
    }
    const kind = (this.#buffer[0] as number) & 0x0f;
    const payload = this.#buffer.subarray(start, start + size);
    this.#buffer = this.#buffer.subarray(start + size);
    if (kind === CLOSE) this.#end('the inspector closed the connection');
    return kind === TEXT ? payload.toString() : this.#next();
  }
}

/** A client has to mask what it sends. */
export function frame(text: string): Buffer {
  const payload = Buffer.from(text);
  const { length } = payload;
  const size = length < 126 ? 0 : length < 65_536 ? 2 : 8;
  const head = Buffer.alloc(2 + size);
  head[0] = FINAL | TEXT;
  head[1] = MASKED | (size === 0 ? length : size === 2 ? 126 : 127);
  if (size === 2) head.writeUInt16BE(length, 2);
  if (size === 8) head.writeBigUInt64BE(BigInt(length), 2);
  const mask = randomBytes(4);
  for (let at = 0; at < length; at++) payload[at] = (payload[at] as number) ^ (mask[at % 4] as number);
  return Buffer.concat([head, mask, payload]);
}
