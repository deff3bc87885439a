/**
 * Carries a session of `node:http2` over TLS and owns its writes, so that a frame of ours can go between them: beside nghttp2 nobody
 * may write to a TLS handle (Node ends the process). Node gives a Duplex without a handle only whole frames.
 */
import { Duplex } from 'node:stream';
import type { TLSSocket } from 'node:tls';

type Done = (error?: Error | null) => void;

/** What apps ask a session's socket for. */
const OF_SOCKET = [
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
  ...[
    'isSessionReused',
    'exportKeyingMaterial',
    'bytesRead',
    'bytesWritten',
    'server',
    'setTimeout',
    'setNoDelay',
  ],
  ...['setKeepAlive', 'ref', 'unref', 'timeout'],
];

export class Carrier extends Duplex {
  readonly socket: TLSSocket;

  constructor(socket: TLSSocket) {
    super({ allowHalfOpen: true });
    this.socket = socket;
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

for (const name of OF_SOCKET) {
  Object.defineProperty(Carrier.prototype, name, {
    get(this: Carrier) {
      const value = (this.socket as unknown as Record<string, unknown>)[name];
      return typeof value === 'function' ? value.bind(this.socket) : value;
    },
    configurable: true,
  });
}
