/**
 * Carries a session of `node:http2` over TLS and owns its writes, so that a frame of ours can go between them: beside nghttp2 nobody
 * may write to a TLS handle (Node ends the process). Node gives a Duplex without a handle only whole frames.
 */
import type { ServerHttp2Session } from 'node:http2';
import { Duplex } from 'node:stream';
import type { TLSSocket } from 'node:tls';

type Done = (error?: Error | null) => void;

/** What apps ask a session's socket for. */
const OF_CONNECTION = [
  ...['remoteAddress', 'remotePort', 'remoteFamily', 'localAddress', 'localPort', 'localFamily', 'address'],
  ...['encrypted', 'authorized', 'authorizationError', 'alpnProtocol', 'servername', 'getCertificate'],
  ...['getCipher', 'getEphemeralKeyInfo', 'getFinished', 'getPeerCertificate', 'getPeerFinished'],
  ...['getProtocol', 'getPeerX509Certificate', 'getX509Certificate', 'getSession', 'getSharedSigalgs'],
  ...['getTLSTicket', 'isSessionReused', 'exportKeyingMaterial', 'bytesRead', 'bytesWritten'],
];
const OF_SOCKET = [...OF_CONNECTION, 'server', 'setTimeout', 'setNoDelay', 'setKeepAlive', 'ref', 'unref'];

const TOLD = Symbol('tshorn.carried');
type Told = Record<string | symbol, unknown>;

/** Getters that ask the TLS connection. */
const asking = (names: readonly string[], connectionOf: (self: never) => TLSSocket): PropertyDescriptorMap =>
  Object.fromEntries(
    names.map((name) => [
      name,
      {
        get(this: unknown) {
          const connection = connectionOf(this as never);
          const value = (connection as unknown as Told)[name];
          return typeof value === 'function' ? value.bind(connection) : value;
        },
        configurable: true,
      },
    ]),
  );

export class Carrier extends Duplex {
  readonly socket: TLSSocket;

  constructor(socket: TLSSocket) {
    super({ allowHalfOpen: true });
    this.socket = socket;
    // As Node does on the socket of a session; RFC 9113, section 9.2.1, forbids renegotiation.
    socket.setNoDelay();
    socket.disableRenegotiation();
    socket.on('data', (chunk) => {
      if (!this.push(chunk)) socket.pause();
    });
    socket.on('end', () => this.push(null));
    socket.on('error', (error) => this.destroy(error));
    socket.on('close', () => this.destroy());
    socket.on('timeout', () => this.emit('timeout'));
  }

  /** Bytes of whole frames, behind what has been written so far. */
  between(frame: Buffer): void {
    if (this.socket.writable) this.socket.write(frame);
  }

  override _read(): void {
    this.socket.resume();
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: Done): void {
    this.socket.write(chunk, done);
  }

  override _writev(chunks: { readonly chunk: Buffer }[], done: Done): void {
    this.socket.write(Buffer.concat(chunks.map(({ chunk }) => chunk)), done);
  }

  override _final(done: Done): void {
    this.socket.end(done);
  }

  override _destroy(error: Error | null, done: Done): void {
    this.socket.destroy();
    done(error);
  }
}

Object.defineProperties(
  Carrier.prototype,
  asking(OF_SOCKET, ({ socket }: Carrier) => socket),
);

/** The prototype of Node's sockets over a stream, with what they do not know. */
let telling: object | undefined;

/**
 * Node puts a net.Socket of its own over a stream without a handle (JSStreamSocket in lib/internal/js_stream_socket.js), and
 * that one is the socket of the session and of its requests: it knows no address and nothing of TLS, and the session takes
 * itself for one of h2c (setupHandle in lib/internal/http2/core.js). The same in Node 20, 22, 24 and 26.
 */
export function tellOfConnection(session: ServerHttp2Session, connection: TLSSocket): void {
  // `session.socket` is a proxy; what its methods return is not.
  const over = session.socket.off('close', tellOfConnection);
  const prototype = Object.getPrototypeOf(over);
  telling ??= Object.create(
    prototype,
    asking(OF_CONNECTION, (self: Told) => self[TOLD] as TLSSocket),
  );
  Object.setPrototypeOf(over, telling as object);
  Object.assign(over, { [TOLD]: connection, server: (connection as { server?: unknown }).server });
  Object.defineProperties(session, {
    encrypted: { value: true, configurable: true },
    alpnProtocol: { value: connection.alpnProtocol, configurable: true },
  });
}
