/**
 * A TLS 1.3 connection that has come from another worker, as the app has it: a stream over the kernel's connection that seals and
 * opens the records itself, since OpenSSL can be told neither keys nor numbers. To the app it looks like a TLSSocket
 * (https://nodejs.org/api/tls.html#class-tlstlssocket).
 */
import { X509Certificate } from 'node:crypto';
import type { AddressInfo, Socket } from 'node:net';
import { Duplex } from 'node:stream';
import { setLayer } from '../transport/layer.ts';
import type { TlsCarry, TlsFacts } from './carry.ts';
import { ContinuedLayer } from './continued-layer.ts';
import { RecordLayer } from './record-layer.ts';
import { MOST_CONTENT } from './records.ts';

type Callback = (error?: Error | null) => void;
interface Chunk {
  readonly chunk: Uint8Array;
}

export class ContinuedTls extends Duplex {
  readonly encrypted = true;
  readonly connecting = false;
  readonly pending = false;
  readonly authorized: boolean;
  readonly authorizationError: string | null;
  readonly alpnProtocol: string | false | null;
  readonly servername: string | false | null;
  /** The app's server; Node's HTTP server and its own listeners read them. */
  server: unknown;
  _server: unknown;
  bytesRead = 0;
  /** Bytes of the app that have been sealed. */
  _bytesDispatched = 0;
  readonly #socket: Socket;
  readonly #facts: TlsFacts;
  readonly #records: RecordLayer;

  /** @param socket the kernel's connection, which nobody reads yet */
  constructor(socket: Socket, carried: TlsCarry) {
    // As https.Server has it: the connection ends with its client.
    super({ allowHalfOpen: false });
    this.#socket = socket;
    const { read: _read, write: _write, ...facts } = carried;
    this.#facts = facts;
    this.authorized = facts.authorized;
    this.authorizationError = facts.authorizationError ?? null;
    this.alpnProtocol = facts.alpn;
    this.servername = facts.servername;
    ({ server: this.server, _server: this._server } = socket as { server?: unknown; _server?: unknown });
    this.#records = new RecordLayer(carried, {
      data: (content) => {
        this.bytesRead += content.length;
        if (!this.push(content)) socket.pause();
      },
      end: () => void this.push(null),
      failed: (error) => void this.destroy(error),
      send: (bytes) => void socket.write(bytes),
    });
    setLayer(this as unknown as Socket, new ContinuedLayer(socket, this.#records, facts));
    socket.on('data', (bytes: Buffer) => this.#records.feed(bytes));
    // Without a close_notify as well, as TLSSocket does.
    socket.on('end', () => void this.push(null));
    socket.on('error', (error) => void this.destroy(error));
    socket.on('close', () => void this.destroy());
    socket.on('timeout', () => void this.emit('timeout'));
  }

  override _read(): void {
    this.#socket.resume();
  }

  override _write(chunk: Uint8Array, _encoding: BufferEncoding, callback: Callback): void {
    this.#dispatch([chunk], callback);
  }

  override _writev(chunks: Chunk[], callback: Callback): void {
    this.#dispatch(
      chunks.map(({ chunk }) => chunk),
      callback,
    );
  }

  #dispatch(contents: readonly Uint8Array[], callback: Callback): void {
    for (const { length } of contents) this._bytesDispatched += length;
    this.#socket.write(this.#records.seal(contents), callback);
  }

  override _final(callback: Callback): void {
    if (!this.#socket.writable) return callback();
    this.#socket.end(this.#records.closeNotify(), () => callback());
  }

  override _destroy(error: Error | null, callback: Callback): void {
    this.#records.wipe();
    this.#socket.destroy();
    callback(error);
  }

  destroySoon(): void {
    if (this.writable) this.end();
    if (this.writableFinished) this.destroy();
    else this.once('finish', () => void this.destroy());
  }

  resetAndDestroy(): this {
    this.#socket.resetAndDestroy();
    return this;
  }

  get bytesWritten(): number {
    // What is being written is sealed, and in `writableLength` until it has left.
    return this._bytesDispatched + Math.max(0, this.writableLength - this.#inFlight);
  }

  get #inFlight(): number {
    return this.#socket.writableLength > 0 ? this.writableLength : 0;
  }

  get timeout(): number | undefined {
    return this.#socket.timeout;
  }

  setTimeout(ms: number, listener?: () => void): this {
    this.#socket.setTimeout(ms);
    if (listener && ms > 0) this.once('timeout', listener);
    else if (listener) this.off('timeout', listener);
    return this;
  }

  setNoDelay(on?: boolean): this {
    this.#socket.setNoDelay(on);
    return this;
  }

  setKeepAlive(on?: boolean, delay?: number): this {
    this.#socket.setKeepAlive(on, delay);
    return this;
  }

  ref(): this {
    this.#socket.ref();
    return this;
  }

  unref(): this {
    this.#socket.unref();
    return this;
  }

  address(): AddressInfo | object {
    return this.#socket.address();
  }

  get readyState(): string {
    if (this.readable && this.writable) return 'open';
    if (this.readable) return 'readOnly';
    return this.writable ? 'writeOnly' : 'closed';
  }

  get bufferSize(): number {
    return this.writableLength;
  }

  get remoteAddress(): string | undefined {
    return this.#socket.remoteAddress;
  }

  get remotePort(): number | undefined {
    return this.#socket.remotePort;
  }

  get remoteFamily(): string | undefined {
    return this.#socket.remoteFamily;
  }

  get localAddress(): string | undefined {
    return this.#socket.localAddress;
  }

  get localPort(): number | undefined {
    return this.#socket.localPort;
  }

  get localFamily(): string | undefined {
    return this.#socket.localFamily;
  }

  getProtocol(): 'TLSv1.3' {
    return 'TLSv1.3';
  }

  getCipher(): { name: string; standardName: string; version: string } {
    const { cipher: name, suite: standardName } = this.#facts;
    return { name, standardName, version: 'TLSv1.3' };
  }

  isSessionReused(): boolean {
    return this.#facts.isResumed;
  }

  getPeerX509Certificate(): X509Certificate | undefined {
    const [own] = this.#facts.certificates ?? [];
    return own === undefined ? undefined : new X509Certificate(Buffer.from(own, 'base64'));
  }

  /** @param detailed with the chain, as `issuerCertificate` @returns an empty object without a certificate, as TLSSocket does */
  getPeerCertificate(detailed = false): object {
    const chain = (this.#facts.certificates ?? []).map(
      (der) =>
        new X509Certificate(Buffer.from(der, 'base64')).toLegacyObject() as { issuerCertificate?: object },
    );
    if (detailed) {
      // The last one is a root, which is its own issuer.
      for (const [at, certificate] of chain.entries())
        certificate.issuerCertificate = chain[at + 1] ?? certificate;
    }
    return chain[0] ?? {};
  }

  /** The certificate of the server, the session and the secrets of the handshake stay in the worker that has made it. */
  getCertificate(): null {
    return null;
  }
  getX509Certificate(): undefined {}
  getSession(): undefined {}
  getTLSTicket(): undefined {}
  getFinished(): undefined {}
  getPeerFinished(): undefined {}
  getEphemeralKeyInfo(): null {
    return null;
  }
  getSharedSigalgs(): string[] {
    return [];
  }
  exportKeyingMaterial(): never {
    throw new Error(
      'exportKeyingMaterial(): this TLS connection has come from another worker, which has kept that secret; use it when the connection is new, or --tls-handoff no',
    );
  }

  disableRenegotiation(): void {}
  enableTrace(): void {}

  /** TLS 1.3 has no renegotiation. */
  renegotiate(_options: object, callback?: (error: Error) => void): boolean {
    if (callback) process.nextTick(callback, new Error('TLS 1.3 has no renegotiation'));
    return false;
  }

  /** @param size bytes of a record, 512 to 16,384 */
  setMaxSendFragment(size = MOST_CONTENT): boolean {
    if (!(size >= 512 && size <= MOST_CONTENT)) return false;
    this.#records.fragment = size;
    return true;
  }
}
