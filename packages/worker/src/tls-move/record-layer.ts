/** The records of a TLS 1.3 connection that has come from another worker: bytes to contents, and contents to bytes. */
import type { TlsCarry } from './carry.ts';
import {
  ALERT,
  APPLICATION_DATA,
  HANDSHAKE,
  HEADER,
  MOST_CONTENT,
  MOST_SEALED,
  RecordKey,
  suiteOf,
} from './records.ts';

/** Alerts (RFC 8446, section 6). */
const CLOSE_NOTIFY = 0;
const UNEXPECTED_MESSAGE = 10;
const BAD_RECORD_MAC = 20;
const RECORD_OVERFLOW = 22;
const USER_CANCELED = 90;
const WARNING = 1;
const FATAL = 2;

const KEY_UPDATE = 24;
/** A client that sends more without anything between them only costs time (OpenSSL has the same limit). */
const MOST_KEY_UPDATES = 32;

const NOTHING = Buffer.alloc(0);

export interface RecordEvents {
  /** What the client has sent, in its order. May throw: it is the app's code. */
  data(content: Buffer): void;
  /** The client sends nothing more. */
  end(): void;
  /** The connection is broken. */
  failed(error: Error): void;
  /** Has these bytes sent at once. */
  send(bytes: Buffer): void;
}

const failure = (code: string, message: string): Error => Object.assign(new Error(message), { code });

export class RecordLayer {
  readonly #read: RecordKey;
  readonly #write: RecordKey;
  readonly #events: RecordEvents;
  /** Bytes that have come and are not read yet: a part of a record, mostly none. */
  #rest: Buffer = NOTHING;
  #isReading = false;
  #isOver = false;
  #keyUpdates = 0;
  /** The most content of one record that is written. */
  #fragment = MOST_CONTENT;

  constructor(
    { suite: name, read, write }: Pick<TlsCarry, 'suite' | 'read' | 'write'>,
    events: RecordEvents,
  ) {
    const suite = suiteOf(name);
    if (!suite) throw new Error('tls: a connection has come whose cipher suite is not known here');
    this.#read = new RecordKey(suite, Buffer.from(read.secret, 'base64'), read.sequence);
    this.#write = new RecordKey(suite, Buffer.from(write.secret, 'base64'), write.sequence);
    this.#events = events;
  }

  /** True when no part of a record waits for its rest. */
  get isAtRest(): boolean {
    return this.#rest.length === 0 && !this.#isReading && !this.#isOver;
  }

  set fragment(size: number) {
    this.#fragment = size;
  }

  /** @returns the current secrets and the numbers of the next records */
  directions(): Pick<TlsCarry, 'read' | 'write'> {
    const of = ({ secret, sequence }: RecordKey) => ({ secret: secret.toString('base64'), sequence });
    return { read: of(this.#read), write: of(this.#write) };
  }

  /** Seals what the app writes. */
  seal(contents: readonly Uint8Array[]): Buffer {
    const all = contents.length === 1 ? (contents[0] as Uint8Array) : Buffer.concat(contents);
    const parts: Buffer[] = [];
    for (let at = 0; at < all.length; at += this.#fragment) {
      parts.push(...this.#write.seal(APPLICATION_DATA, all.subarray(at, at + this.#fragment)));
    }
    return Buffer.concat(parts);
  }

  /** The last record of this side. */
  closeNotify(): Buffer {
    return Buffer.concat(this.#write.seal(ALERT, Buffer.from([WARNING, CLOSE_NOTIFY])));
  }

  /** Bytes have come. */
  feed(bytes: Buffer): void {
    this.#rest = this.#rest.length === 0 ? bytes : Buffer.concat([this.#rest, bytes]);
    // An event of the app may lead back to here.
    if (this.#isReading) return;
    this.#isReading = true;
    let isDone = false;
    try {
      while (this.#next());
      isDone = true;
    } finally {
      this.#isReading = false;
      // The app threw, and the process goes on: so does what has come behind it.
      if (!isDone) setImmediate(() => this.feed(NOTHING));
    }
  }

  /** Reads one record. @returns false when there is none */
  #next(): boolean {
    const rest = this.#rest;
    if (this.#isOver || rest.length < HEADER) return false;
    const length = rest.readUInt16BE(3);
    if (length > MOST_SEALED) return this.#fail(RECORD_OVERFLOW, 'a record is too long');
    if (rest.length < HEADER + length) return false;
    // Before anything is done with it: that may throw.
    const record = rest.subarray(0, HEADER + length);
    this.#rest = rest.length === record.length ? NOTHING : rest.subarray(record.length);
    if (record[0] !== APPLICATION_DATA) return this.#fail(UNEXPECTED_MESSAGE, 'a record is not encrypted');
    const content = this.#read.open(record);
    if (!content) return this.#fail(BAD_RECORD_MAC, 'a record cannot be decrypted');
    const { type, data } = content;
    if (type === APPLICATION_DATA) {
      if (data.length === 0) return true;
      this.#keyUpdates = 0;
      this.#events.data(data);
      return true;
    }
    if (type === ALERT) return this.#alert(data);
    return this.#isKeyUpdate(type, data) || this.#fail(UNEXPECTED_MESSAGE, 'a record has an unexpected type');
  }

  #alert(data: Buffer): boolean {
    const code = data.length === 2 ? data[1] : undefined;
    if (code === USER_CANCELED) return true;
    if (code !== CLOSE_NOTIFY) return this.#broken('ERR_SSL_ALERT', `the client has sent the alert ${code}`);
    this.#isOver = true;
    this.#events.end();
    return false;
  }

  /** A KeyUpdate stands alone in its record: the next one has another key (section 5.1). */
  #isKeyUpdate(type: number, data: Buffer): boolean {
    const [message, , , length, isAsked = 2] = data;
    if (type !== HANDSHAKE || data.length !== 5 || message !== KEY_UPDATE || length !== 1 || isAsked > 1)
      return false;
    if (++this.#keyUpdates > MOST_KEY_UPDATES) return false;
    this.#read.update();
    if (isAsked === 1) {
      this.#events.send(Buffer.concat(this.#write.seal(HANDSHAKE, Buffer.from([KEY_UPDATE, 0, 0, 1, 0]))));
      this.#write.update();
    }
    return true;
  }

  #fail(alert: number, what: string): false {
    this.#events.send(Buffer.concat(this.#write.seal(ALERT, Buffer.from([FATAL, alert]))));
    return this.#broken('ERR_SSL_DECRYPTION_FAILED_OR_BAD_RECORD_MAC', what);
  }

  #broken(code: string, what: string): false {
    this.#isOver = true;
    this.#events.failed(failure(code, `TLS: ${what}`));
    return false;
  }

  /** The connection has closed, or another worker has it. */
  wipe(): void {
    this.#isOver = true;
    this.#read.wipe();
    this.#write.wipe();
  }
}
