/** The facts of a connection that its lines need: kept on the connection, so that a request costs no object of ours but one. */
import type http from 'node:http';
import type { Socket } from 'node:net';
import { type Proxies, plainAddress, UNIX } from './client.ts';
import type { Answer } from './upgrade-answer.ts';

const CONNECTION = Symbol('tshorn.access');
type Marked = Socket & { [CONNECTION]?: Connection };

/** A request that has begun and has no line yet. */
export class Entry {
  readonly request: http.IncomingMessage;
  /** Absent for an upgrade. */
  readonly response: http.ServerResponse | undefined;
  readonly method: string;
  /** As it came: routers change `url`. */
  readonly target: string;
  /** On the clock of performance.now(), as are the others. */
  readonly begunAt: number;
  /** Of the id that is made for a request that came without one. */
  readonly sequence: number;
  firstByteAt: number | undefined = undefined;
  /** The bytes of heads before that of the response, such as `100 Continue`. */
  interimBytes = 0;
  /** Pipelined behind it. */
  next: Entry | undefined = undefined;

  constructor(
    request: http.IncomingMessage,
    response: http.ServerResponse | undefined,
    sequence: number,
    begunAt: number,
  ) {
    const { method = '', url = '' } = request;
    this.request = request;
    this.response = response;
    this.method = method;
    this.target = url;
    this.begunAt = begunAt;
    this.sequence = sequence;
  }
}

export class Connection {
  /** The address of the other end. */
  readonly peer: string;
  readonly isProxy: boolean;
  readonly moved: boolean;
  /** Bytes that had been written when the last response ended. */
  bytes: number;
  first: Entry | undefined = undefined;
  #last: Entry | undefined = undefined;
  /** The request that upgrades it, and the answer of the app. */
  upgrade: { readonly entry: Entry; readonly answer: Answer } | undefined = undefined;
  /** Node has answered with this status, and closes the connection. */
  refusedWith: number | undefined = undefined;
  #proxies: Proxies;
  #told: string | undefined = undefined;
  #toldBesides: string | undefined = undefined;
  #client: string;

  constructor(socket: Socket, proxies: Proxies, moved: boolean) {
    this.peer = plainAddress(socket.remoteAddress ?? UNIX);
    this.#proxies = proxies;
    this.isProxy = proxies.trusts(this.peer);
    this.moved = moved;
    this.bytes = socket.bytesWritten;
    this.#client = this.peer;
  }

  /** A proxy mostly says the same on one connection as before. */
  clientOf(headers: http.IncomingHttpHeaders): string {
    if (!this.isProxy) return this.peer;
    const { 'x-forwarded-for': told, forwarded: besides } = headers;
    if (told !== this.#told || besides !== this.#toldBesides) {
      this.#told = told as string | undefined;
      this.#toldBesides = besides;
      this.#client = this.#proxies.clientOf(this.peer, headers);
    }
    return this.#client;
  }

  add(entry: Entry): void {
    if (this.first === undefined) this.first = entry;
    else if (this.#last !== undefined) this.#last.next = entry;
    this.#last = entry;
  }

  /** Takes the entry of a response away: mostly the first one. */
  take(response: http.ServerResponse): Entry | undefined {
    const { first } = this;
    if (first === undefined) return undefined;
    if (first.response === response) {
      this.first = first.next;
      return first;
    }
    for (let before = first; before.next !== undefined; before = before.next) {
      const entry = before.next;
      if (entry.response !== response) continue;
      before.next = entry.next;
      if (this.#last === entry) this.#last = before;
      return entry;
    }
    return undefined;
  }

  entryOf(response: http.ServerResponse): Entry | undefined {
    let entry = this.first;
    while (entry !== undefined && entry.response !== response) entry = entry.next;
    return entry;
  }
}

export const connectionOf = (socket: Socket): Connection | undefined => (socket as Marked)[CONNECTION];

export const keepConnection = (socket: Socket, connection: Connection): void => {
  (socket as Marked)[CONNECTION] = connection;
};

/** A connection that fails by itself was left by its client. Any other error is the reason that this process destroys it for. */
export function closedBy({ readableEnded, errored }: Socket): 'client' | 'server' {
  const { code, syscall } = (errored ?? {}) as NodeJS.ErrnoException;
  return readableEnded || code === 'ECONNRESET' || syscall !== undefined ? 'client' : 'server';
}
