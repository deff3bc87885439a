/** A connection that OpenSSL serves in this process, as one that can leave: the layer below a TLSSocket. */
import type { PeerCertificate, TLSSocket } from 'node:tls';
import { type Layer, layerOf } from '../transport/layer.ts';
import type { RawHandle } from '../transport/transport.ts';
import { type Direction, LONGEST_CARRY, type TlsCarry, type TlsFacts } from './carry.ts';
import { type Bytes, Counts, type Sequences } from './counts.ts';
import { suiteOf } from './records.ts';
import { kernelHandle, tlsHandle, type Watcher, watch, watchReads } from './tls-internals.ts';

/** Where the secret begins in a line of 'keylog': the label, and the client's random as 64 digits (32 bytes). */
const SECRET_AT = 'CLIENT_TRAFFIC_SECRET_0 '.length + 64 + 1;

/** Room for all but certificates, and for base64. */
const MOST_CERTIFICATES = LONGEST_CARRY - 1_500;

type Agreement = Pick<TlsFacts, 'suite' | 'cipher' | 'isResumed'>;

export class LeavingTls implements Layer, Watcher {
  readonly #socket: TLSSocket;
  readonly #counts = new Counts();
  /** The handle below is as this Node should have it. */
  readonly #isKnown: boolean;
  /** Lines of 'keylog', as they came; read only when the connection leaves. */
  #readLine: Buffer | undefined;
  #writeLine: Buffer | undefined;
  #plainOut = 0;
  #agreed: Agreement | undefined;
  #isWatched = false;
  #isUpdated = false;
  #problem: string | undefined;

  /** @param line of the server's secret, which is made when nothing but the ClientHello has been read */
  constructor(socket: TLSSocket, line: Buffer) {
    this.#socket = socket;
    const kernel = kernelHandle(socket);
    this.#isKnown = kernel !== undefined;
    this.#writeLine = line;
    this.#counts.helloRead(kernel?.bytesRead ?? 0);
  }

  /** @param line of the client's secret, which is needed when its Finished has been read */
  finished(line: Buffer): void {
    const kernel = kernelHandle(this.#socket);
    this.#readLine = line;
    this.#counts.finishedRead(kernel?.bytesRead ?? 0, kernel?.bytesWritten ?? 0);
  }

  /**
   * The client has changed its key. Nobody tells whether it has asked for a change of ours as well, which OpenSSL then makes at
   * the next write.
   */
  updated(): void {
    this.#isUpdated = true;
  }

  served(): void {
    if (this.#readLine && this.#isKnown && !this.#isWatched) {
      this.#isWatched = watch(this.#socket, this, watcherOf);
    }
  }

  /** The HTTP parser lets go of it. */
  upgraded(): void {
    this.#isWatched &&= watchReads(this.#socket, this);
  }

  read(): void {
    const counts = this.#counts;
    counts.read();
    if (counts.hasReadMore) return;
    const bytes = this.#bytes();
    if (!counts.hasWritten) counts.beforeFirstWrite(bytes.sealedOut);
    if (asksForCertificate(this.#socket)) counts.firstRead(bytes);
  }

  beforeWrite(): void {
    const counts = this.#counts;
    if (!counts.isMeasured && counts.hasWritten) counts.beforeWrite(this.#bytes());
  }

  wrote(): void {
    const plainOut = tlsHandle(this.#socket)?.bytesWritten;
    if (plainOut === undefined) return;
    this.#counts.wrote(plainOut - this.#plainOut);
    this.#plainOut = plainOut;
  }

  #bytes(): Bytes {
    const kernel = kernelHandle(this.#socket);
    const tls = tlsHandle(this.#socket);
    return {
      sealedIn: kernel?.bytesRead ?? 0,
      sealedOut: kernel?.bytesWritten ?? 0,
      plainIn: tls?.bytesRead ?? 0,
      plainOut: tls?.bytesWritten ?? 0,
    };
  }

  get handle(): RawHandle | undefined {
    return kernelHandle(this.#socket);
  }

  get bytesRead(): number {
    return kernelHandle(this.#socket)?.bytesRead ?? 0;
  }

  #sequences(): Sequences {
    const agreement = this.#agreement();
    const hashLength = agreement && suiteOf(agreement.suite)?.hashLength;
    if (!agreement || hashLength === undefined) return { problem: 'not-yet' };
    return this.#counts.sequences(this.#bytes(), agreement.isResumed, hashLength);
  }

  /** Undefined once the connection is closed, where it was not asked for before. */
  #agreement(): Agreement | undefined {
    if (this.#agreed) return this.#agreed;
    const cipher: ReturnType<TLSSocket['getCipher']> | null = this.#socket.getCipher();
    if (!cipher) return undefined;
    const isResumed = this.#socket.isSessionReused();
    this.#agreed = { suite: cipher.standardName, cipher: cipher.name, isResumed };
    return this.#agreed;
  }

  isFlushed(): boolean {
    const { writeQueueSize = 0 } = this.handle ?? {};
    if (this.#socket.writableLength > 0 || writeQueueSize > 0) return false;
    if (this.whyImmovable() !== undefined) return false;
    this.#problem = this.#sequences().problem;
    return this.#problem === undefined;
  }

  whyImmovable(): string | undefined {
    if (!this.#isWatched) return 'tls-handshake';
    if (this.#isUpdated) return 'tls-key-update';
    const agreement = this.#agreement();
    if (!agreement) return undefined;
    if (!suiteOf(agreement.suite)) return 'tls-cipher';
    if (this.#problem !== undefined && this.#problem !== 'not-yet') return this.#problem;
    return this.#certificatesLength() > MOST_CERTIFICATES ? 'tls-certificate' : undefined;
  }

  whyNotNow(): string | undefined {
    // A record that never came to its end, or something that only looks like one.
    return this.#problem === undefined ? undefined : 'tls-count';
  }

  stopReading(): void {
    tlsHandle(this.#socket)?.readStop();
  }

  readAgain(): void {
    tlsHandle(this.#socket)?.readStart();
  }

  carry(): TlsCarry {
    const sequences = this.#sequences();
    const read = this.#readLine;
    const write = this.#writeLine;
    const agreement = this.#agreement();
    if (sequences.problem || !read || !write || !agreement)
      throw new Error('tls: the connection is not at rest');
    return {
      ...this.#facts(agreement),
      read: direction(read, sequences.read),
      write: direction(write, sequences.write),
    };
  }

  #facts(agreement: Agreement): TlsFacts {
    const { alpnProtocol, servername, authorized, authorizationError } = this.#socket as TLSSocket & {
      readonly servername?: string | false;
    };
    const certificates = this.#certificates();
    return {
      ...agreement,
      alpn: alpnProtocol,
      servername: servername ?? null,
      authorized,
      ...(authorizationError && { authorizationError: String(authorizationError) }),
      ...(certificates.length > 0 && { certificates: certificates.map((der) => der.toString('base64')) }),
    };
  }

  #certificatesLength(): number {
    return this.#certificates().reduce((sum, { length }) => sum + Math.ceil(length / 3) * 4 + 3, 0);
  }

  /** The client's own first. A root names itself as its issuer. */
  #certificates(): Buffer[] {
    const found: Buffer[] = [];
    if (!asksForCertificate(this.#socket)) return found;
    let next: PeerCertificate | undefined = this.#socket.getPeerCertificate(true);
    const seen = new Set<unknown>();
    while (next?.raw && !seen.has(next)) {
      seen.add(next);
      found.push(next.raw);
      next = (next as { issuerCertificate?: PeerCertificate }).issuerCertificate;
    }
    return found;
  }

  /** The connection is gone, or somebody else's. */
  forget(): void {
    this.#readLine?.fill(0);
    this.#writeLine?.fill(0);
    this.#readLine = undefined;
    this.#writeLine = undefined;
    this.#isWatched = false;
  }
}

const watcherOf = (socket: object): Watcher => layerOf(socket as TLSSocket) as LeavingTls;

const asksForCertificate = (socket: TLSSocket): boolean =>
  (socket as { _requestCert?: boolean })._requestCert === true;

function direction(line: Buffer, sequence: number): Direction {
  const secret = Buffer.from(line.toString('latin1', SECRET_AT).trimEnd(), 'hex');
  const text = secret.toString('base64');
  secret.fill(0);
  return { secret: text, sequence };
}
