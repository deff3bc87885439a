/**
 * `req.socket` of a request that has come over HTTP/2: each stream has its own, so that what an app or this worker keeps on a
 * socket belongs to one request, as it does while one is answered over HTTP/1. The addresses and all about TLS are those
 * of the connection; reading, destroying and the timeout are those of the stream.
 *
 * No Duplex: Node's request and response use few of its methods (lib/_http_incoming.js, lib/_http_outgoing.js), and to
 * make one for each request would cost as much as the rest of it.
 */
import { EventEmitter } from 'node:events';
import type http from 'node:http';
import type { Carrying } from './parts.ts';

/** As those of a plain connection have it since Node 22. */
const HIGH_WATER_MARK = 65_536;
const CLOSE = 'close';

export class StreamSocket extends EventEmitter {
  readonly stream: Carrying;
  destroyed = false;
  errored: Error | null = null;
  readableEnded = false;
  /** The response that is sent, as on a connection of HTTP/1. */
  _httpMessage: http.ServerResponse | null = null;
  /** The request that is read: `parser.incoming` of a connection of HTTP/1. */
  incoming: http.IncomingMessage | null = null;
  /** Bytes of heads and bodies that have been put into frames. */
  _bytesDispatched = 0;
  bytesRead = 0;
  timeout = 0;
  _paused = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(stream: Carrying) {
    super();
    this.stream = stream;
  }

  get parser(): this {
    return this;
  }

  get readable(): boolean {
    return !this.destroyed;
  }

  get writable(): boolean {
    return !this.destroyed;
  }

  get writableLength(): number {
    return this.stream.queuedBytes;
  }

  get writableHighWaterMark(): number {
    return HIGH_WATER_MARK;
  }

  get bytesWritten(): number {
    return this._bytesDispatched;
  }

  /** More of the request is wanted. */
  resume(): this {
    this.stream.resume();
    return this;
  }

  pause(): this {
    this.stream.pause();
    return this;
  }

  destroy(error?: Error): this {
    this.stream.destroy(error);
    return this;
  }

  /** Ends the stream unless its response does so. */
  end(): this {
    if (this._httpMessage && !this._httpMessage.writableEnded) this.stream.destroy();
    return this;
  }

  setTimeout(ms: number, listener?: () => void): this {
    this.timeout = ms;
    if (listener) {
      if (ms === 0) this.removeListener('timeout', listener);
      else this.once('timeout', listener);
    }
    this.active();
    return this;
  }

  /** Something has come or gone: the timeout begins anew. */
  active(): void {
    if (this.timeout === 0 && !this.#timer) return;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.timeout > 0 && !this.destroyed)
      this.#timer = setTimeout(() => this.#timedOut(), this.timeout).unref();
  }

  /** Whoever listens decides (socketOnTimeout in lib/_http_server.js). */
  #timedOut(): void {
    const { incoming, _httpMessage: response } = this;
    const told = [
      this.emit('timeout'),
      incoming !== null && !incoming.complete && incoming.emit('timeout', this),
      response?.emit('timeout', this) === true,
      this.stream.session.server.emit('timeout', this),
    ];
    if (!told.includes(true)) this.destroy();
  }

  closed(): void {
    this.destroyed = true;
    if (this.timeout > 0) {
      this.timeout = 0;
      this.active();
    }
    if (this.listenerCount(CLOSE) > 0) process.nextTick(emitClose, this);
  }
}

function emitClose(socket: StreamSocket): void {
  socket.emit(CLOSE, socket.errored !== null);
}

const { prototype } = StreamSocket;
const same = function (this: StreamSocket) {
  return this;
};
/** What a Duplex has, and is the same for each stream. Frames are gathered for a turn: a cork changes nothing. */
const SHARED = {
  _writableState: { corked: 0 },
  writableBuffer: Object.freeze([]),
  writableCorked: 1,
  writableEnded: false,
  readableHighWaterMark: HIGH_WATER_MARK,
  connecting: false,
  pending: false,
  readyState: 'open',
  cork() {},
  uncork() {},
  write: () => false,
  setNoDelay: same,
  setKeepAlive: same,
  ref: same,
  unref: same,
  destroySoon: prototype.end,
  resetAndDestroy: prototype.destroy,
};
for (const [name, value] of Object.entries(SHARED)) {
  Object.defineProperty(prototype, name, { value, writable: true, configurable: true });
}

/** Of net.Socket and tls.TLSSocket: undefined where the connection has none. */
const OF_CONNECTION = [
  ...['remoteAddress', 'remotePort', 'remoteFamily', 'localAddress', 'localPort', 'localFamily', 'address'],
  ...['encrypted', 'authorized', 'authorizationError', 'alpnProtocol', 'servername', 'getCertificate'],
  ...[
    'getCipher',
    'getEphemeralKeyInfo',
    'getFinished',
    'getPeerCertificate',
    'getPeerFinished',
    'getProtocol',
  ],
  ...['getPeerX509Certificate', 'getX509Certificate', 'getSession', 'getSharedSigalgs', 'getTLSTicket'],
  ...['isSessionReused', 'exportKeyingMaterial', 'server'],
];
for (const name of OF_CONNECTION) {
  Object.defineProperty(prototype, name, {
    get(this: StreamSocket) {
      const connection = this.stream.session.socket as unknown as Record<string, unknown>;
      const value = connection[name];
      return typeof value === 'function' ? value.bind(connection) : value;
    },
    set(this: StreamSocket, value: unknown) {
      Object.defineProperty(this, name, { value, writable: true, configurable: true });
    },
    configurable: true,
  });
}
