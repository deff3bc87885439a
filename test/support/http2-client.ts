/**
 * An HTTP/2 client, frame by frame: it shows what is on the wire, sends what no library would, and never repeats a request.
 * It announces a table of no size, so that the fields of a response need no table.
 */
import { once } from 'node:events';
import net from 'node:net';
import type { Duplex } from 'node:stream';
import { DEADLINE_MS } from './deadline.ts';

export const PREFACE = 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n';
export const HIGHEST = 2 ** 31 - 1;
export const FRAMES = {
  data: 0,
  headers: 1,
  priority: 2,
  reset: 3,
  settings: 4,
  pushPromise: 5,
  ping: 6,
  goaway: 7,
  windowUpdate: 8,
  continuation: 9,
} as const;
export type FrameName = keyof typeof FRAMES;
const NAMES = Object.keys(FRAMES) as FrameName[];

export interface Frame {
  readonly type: FrameName | number;
  readonly flags: number;
  readonly stream: number;
  readonly payload: Buffer;
}

export interface Answered {
  readonly status: number;
  readonly body: string;
}

export function frame(
  type: FrameName | number,
  flags: number,
  stream: number,
  payload: Buffer | string = '',
): Buffer {
  const bytes = typeof payload === 'string' ? Buffer.from(payload, 'latin1') : payload;
  const head = Buffer.alloc(9);
  head.writeUIntBE(bytes.length, 0, 3);
  head[3] = typeof type === 'number' ? type : FRAMES[type];
  head[4] = flags;
  head.writeUInt32BE(stream, 5);
  return Buffer.concat([head, bytes]);
}

export const numbers = (...values: number[]): Buffer => {
  const bytes = Buffer.alloc(4 * values.length);
  for (const [at, value] of values.entries()) bytes.writeUInt32BE(value >>> 0, 4 * at);
  return bytes;
};

export function settings(...values: [id: number, value: number][]): Buffer {
  return Buffer.concat(
    values.map(([id, value]) => {
      const bytes = Buffer.alloc(6);
      bytes.writeUInt16BE(id);
      bytes.writeUInt32BE(value, 2);
      return bytes;
    }),
  );
}

/** A block of literal fields that are in no table (RFC 7541, section 6.2.2). */
export function fields(
  list: Readonly<Record<string, string>> | readonly (readonly [string, string])[],
): Buffer {
  const text = (value: string) => {
    const bytes = Buffer.from(value, 'latin1');
    const { length } = bytes;
    const rest = length - 127;
    const head = length < 127 ? [length] : rest < 128 ? [127, rest] : [127, (rest & 127) | 128, rest >> 7];
    return Buffer.concat([Buffer.from(head), bytes]);
  };
  const all = Array.isArray(list) ? list : Object.entries(list);
  return Buffer.concat(all.flatMap(([name, value]) => [Buffer.from([0]), text(name), text(value)]));
}

export const request = (
  path: string,
  more: Readonly<Record<string, string>> = {},
): Record<string, string> => ({
  ':method': 'GET',
  ':scheme': 'http',
  ':path': path,
  ':authority': 'x',
  ...more,
});

interface Open {
  status: number;
  readonly parts: Buffer[];
  resolve(answered: Answered): void;
  reject(error: Error): void;
}

export class Http2Client {
  readonly socket: Duplex;
  readonly frames: Frame[] = [];
  readonly closed: Promise<void>;
  /** The last stream of each GOAWAY. */
  readonly notices: number[] = [];
  /** Answers PINGs and SETTINGS, and gives back what bodies have taken of its windows. */
  polite = true;
  #next = 1;
  #rest = Buffer.alloc(0);
  readonly #open = new Map<number, Open>();
  readonly #waiting = new Set<() => void>();
  #isClosed = false;

  constructor(socket: Duplex, own: Buffer = settings([1, 0])) {
    this.socket = socket;
    socket.on('data', (chunk: Buffer) => this.#read(chunk));
    socket.on('error', () => {});
    this.closed = new Promise((resolve) => {
      socket.on('close', () => {
        this.#isClosed = true;
        for (const [id, { reject }] of this.#open) reject(new Error(`closed, stream ${id} has no answer`));
        this.#open.clear();
        this.#wake();
        resolve();
      });
      socket.on('end', () => socket.end());
    });
    this.write(Buffer.from(PREFACE), frame('settings', 0, 0, own));
  }

  static async connect(port: number): Promise<Http2Client> {
    const socket = net.connect(port, '127.0.0.1');
    await once(socket, 'connect');
    socket.setNoDelay(true);
    return new Http2Client(socket);
  }

  write(...frames: Buffer[]): void {
    if (!this.socket.destroyed) this.socket.write(Buffer.concat(frames));
  }

  /** The server has said that it leaves: no stream is to be begun. */
  get isLeaving(): boolean {
    return this.notices.length > 0 || this.#isClosed;
  }

  get openStreams(): number {
    return this.#open.size;
  }

  /** @returns the number of the stream, which this begins */
  begin(list: Parameters<typeof fields>[0], isLast = true): number {
    const id = this.#next;
    this.#next += 2;
    this.write(frame('headers', isLast ? 5 : 4, id, fields(list)));
    return id;
  }

  /** One request. Rejects when the server takes it back, refuses it or closes. */
  ask(list: Parameters<typeof fields>[0], body?: string): Promise<Answered> {
    const id = this.begin(list, body === undefined);
    const answered = this.answerOn(id);
    if (body !== undefined) this.write(frame('data', 1, id, body));
    return answered;
  }

  /** Is polite again, and makes up for it. */
  async answerPing(): Promise<void> {
    const ping = await this.frame('PING', ({ type, flags }) => type === 'ping' && flags === 0);
    this.polite = true;
    this.write(frame('ping', 1, 0, ping.payload));
  }

  sendData(id: number, text: string, isLast: boolean): void {
    this.write(frame('data', isLast ? 1 : 0, id, text));
  }

  answerOn(id: number): Promise<Answered> {
    return new Promise((resolve, reject) => this.#open.set(id, { status: 0, parts: [], resolve, reject }));
  }

  async #until<T>(what: string, look: () => T | undefined): Promise<T> {
    const end = Date.now() + DEADLINE_MS;
    for (;;) {
      const found = look();
      if (found !== undefined) return found;
      if (this.#isClosed) throw new Error(`closed while waiting for ${what}: ${this.story}`);
      let wake = () => {};
      const woken = new Promise<void>((resolve) => {
        wake = resolve;
      });
      this.#waiting.add(wake);
      const timer = setTimeout(wake, Math.max(0, end - Date.now()));
      await woken;
      clearTimeout(timer);
      this.#waiting.delete(wake);
      if (Date.now() >= end) throw new Error(`nothing came while waiting for ${what}: ${this.story}`);
    }
  }

  /** The first frame for which this holds, of those that have come or will. */
  frame(what: string, holds: (frame: Frame) => boolean): Promise<Frame> {
    return this.#until(what, () => this.frames.find(holds));
  }

  reset(stream: number): Promise<number> {
    const isIt = (one: Frame) => one.type === 'reset' && one.stream === stream;
    return this.frame(`RST_STREAM ${stream}`, isIt).then(({ payload }) => payload.readUInt32BE());
  }

  /** The code of the GOAWAY that ends the connection. */
  goaway(): Promise<number> {
    return this.frame('GOAWAY', ({ type }) => type === 'goaway').then(({ payload }) =>
      payload.readUInt32BE(4),
    );
  }

  /** What has come, in words. */
  get story(): string {
    const words = this.frames.map(({ type, flags, stream, payload }) => {
      const code = type === 'goaway' ? ` last=${payload.readUInt32BE()} code=${payload.readUInt32BE(4)}` : '';
      const reset = type === 'reset' ? ` code=${payload.readUInt32BE()}` : '';
      return `${type}/${flags}#${stream}${code}${reset}`;
    });
    return `${words.join(' ')}${this.#isClosed ? ' closed' : ''}`;
  }

  #wake(): void {
    for (const wake of [...this.#waiting]) wake();
  }

  #read(chunk: Buffer): void {
    let rest = Buffer.concat([this.#rest, chunk]);
    while (rest.length >= 9) {
      const length = rest.readUIntBE(0, 3);
      if (rest.length < 9 + length) break;
      const type = rest[3] as number;
      this.#came({
        type: NAMES[type] ?? type,
        flags: rest[4] as number,
        stream: rest.readUInt32BE(5),
        payload: Buffer.from(rest.subarray(9, 9 + length)),
      });
      rest = rest.subarray(9 + length);
    }
    this.#rest = rest;
    this.#wake();
  }

  #came(one: Frame): void {
    const { type, flags, stream, payload } = one;
    this.frames.push(one);
    const open = this.#open.get(stream);
    if (type === 'headers' && open) open.status = statusOf(payload) ?? open.status;
    if (type === 'data' && open) open.parts.push(payload);
    if ((type === 'headers' || type === 'data') && flags & 1 && open) {
      this.#open.delete(stream);
      open.resolve({ status: open.status, body: Buffer.concat(open.parts).toString() });
    }
    if (type === 'reset' && open) {
      this.#open.delete(stream);
      open.reject(new Error(`stream ${stream} was reset with ${payload.readUInt32BE()}`));
    }
    if (type === 'goaway') this.#noticed(payload.readUInt32BE());
    if (!this.polite) return;
    if (type === 'settings' && !(flags & 1)) this.write(frame('settings', 1, 0));
    if (type === 'ping' && !(flags & 1)) this.write(frame('ping', 1, 0, payload));
    if (type === 'data' && payload.length > 0) {
      const more = numbers(payload.length);
      this.write(
        frame('windowUpdate', 0, 0, more),
        ...(flags & 1 ? [] : [frame('windowUpdate', 0, stream, more)]),
      );
    }
  }

  #noticed(last: number): void {
    this.notices.push(last);
    for (const [id, { reject }] of this.#open) {
      if (id <= last) continue;
      this.#open.delete(id);
      reject(new Error(`stream ${id} was refused: the last one is ${last}`));
    }
  }
}

/** Of the first field: one of the static table, or a literal. Undefined for trailers. */
function statusOf(whole: Buffer): number | undefined {
  // The first block says that its table has no size.
  const block = whole[0] === 0x20 ? whole.subarray(1) : whole;
  const first = block[0] as number;
  const known = [200, 204, 206, 304, 400, 404, 500];
  if (first >= 0x88 && first <= 0x8e) return known[first - 0x88];
  if ((first & 0x3f) === 8 || (first & 0x0f) === 8) return Number(block.toString('latin1', 2, 5));
  return undefined;
}
