/** The facts of a connection that its lines need: kept on the connection, so that a request costs no object of ours but one. */
import type http from 'node:http';
import type { Socket } from 'node:net';
import { headLength } from '../transport/first-byte.ts';
import { bytesWrittenHere } from '../transport/http1-internals.ts';
import type { SoFar } from '../transport/moves.ts';
import { type Proxies, peerOf } from './client.ts';
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
  /** On the clock of performance.now(), as are the others; before the start of this process where another worker had it. */
  begunAt: number;
  /** Of the id that is made for a request that came without one. */
  readonly sequence: number;
  /** NaN until then: a number from the start, so that it is changed in place. */
  firstByteAt = Number.NaN;
  /** That in the head of the response; 0 as long as it is not known. */
  status = 0;
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

interface Upgrade {
  readonly entry: Entry;
  readonly answer: Answer;
}

const firstByteMsOf = ({ firstByteAt, begunAt }: Entry): number | undefined =>
  Number.isNaN(firstByteAt) ? undefined : firstByteAt - begunAt;

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
  upgrade: Upgrade | undefined = undefined;
  /** Node has answered with this status, and closes the connection. */
  refusedWith: number | undefined = undefined;
  /** Another worker has had the first request of this connection before. */
  readonly #told: SoFar | undefined;
  #resumed: Entry | undefined = undefined;
  #proxies: Proxies;
  #toldFor: string | undefined = undefined;
  #toldBesides: string | undefined = undefined;
  #client: string;

  constructor(socket: Socket, proxies: Proxies, moved: boolean, soFar: SoFar | undefined) {
    this.peer = peerOf(socket);
    this.#proxies = proxies;
    this.isProxy = proxies.trusts(this.peer);
    this.moved = moved;
    this.#told = soFar;
    this.bytes = bytesWrittenHere(socket);
    this.#client = this.peer;
  }

  /** A proxy mostly says the same on one connection as before. */
  clientOf(headers: http.IncomingHttpHeaders): string {
    if (!this.isProxy) return this.peer;
    const { 'x-forwarded-for': told, forwarded: besides } = headers;
    if (told !== this.#toldFor || besides !== this.#toldBesides) {
      this.#toldFor = told as string | undefined;
      this.#toldBesides = besides;
      this.#client = this.#proxies.clientOf(this.peer, headers);
    }
    return this.#client;
  }

  /** The first request of a connection may go on here. */
  begin(entry: Entry): void {
    if (this.#told === undefined || this.#resumed) return;
    this.#resumed = entry;
    entry.begunAt = this.#told.begunAt - hrtimeAhead();
  }

  /** The facts of this request from the worker that it comes from. */
  before(entry: Entry): SoFar | undefined {
    return this.#resumed === entry ? this.#told : undefined;
  }

  /** The facts of the request under way for its next worker. */
  soFar(socket: Socket, idOf: (entry: Entry) => string): SoFar | undefined {
    const entry = this.upgrade?.entry ?? this.first;
    if (!entry) return undefined;
    const before = this.before(entry);
    const firstByteMs = before ? before.firstByteMs : firstByteMsOf(entry);
    return {
      id: before?.id ?? idOf(entry),
      begunAt: entry.begunAt + hrtimeAhead(),
      bytes: this.upgrade
        ? this.upgradeSent(this.upgrade, socket)
        : this.#sentUpTo(entry, bytesWrittenHere(socket)),
      ...(firstByteMs !== undefined && { firstByteMs }),
    };
  }

  /** Takes the bytes behind the heads of the response, since the one before on this connection. */
  sent(entry: Entry, socket: Socket): number {
    const written = bytesWrittenHere(socket);
    const sent = this.#sentUpTo(entry, written);
    this.bytes = written;
    return sent;
  }

  /** The same, of a response that has not ended; changes nothing. */
  #sentUpTo(entry: Entry, written: number): number {
    const sent = written - this.bytes;
    const before = this.before(entry);
    // The worker that it comes from has sent the head.
    if (before) return before.bytes + sent;
    return sent - entry.interimBytes - (entry.response ? headLength(entry.response) : 0);
  }

  /** Bytes behind the head of the answer to an upgrade. */
  upgradeSent({ entry, answer }: Upgrade, socket: Socket): number {
    return (this.before(entry)?.bytes ?? 0) + bytesWrittenHere(socket) - this.bytes - answer.headBytes;
  }

  add(entry: Entry): void {
    this.begin(entry);
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

/** Milliseconds that process.hrtime() is ahead of performance.now(). */
const hrtimeAhead = (): number => Number(process.hrtime.bigint()) / 1e6 - performance.now();

/** A connection that fails by itself was left by its client. Any other error is the reason that this process destroys it for. */
export function closedBy({ readableEnded, errored }: Socket): 'client' | 'server' {
  const { code, syscall } = (errored ?? {}) as NodeJS.ErrnoException;
  return readableEnded || code === 'ECONNRESET' || syscall !== undefined ? 'client' : 'server';
}
