/** TLS 1.3 records (RFC 8446, sections 5 and 7) with the ciphers of node:crypto: one direction of one connection. */
import { type CipherGCMTypes, createCipheriv, createDecipheriv, createHmac } from 'node:crypto';

/** Types of records (RFC 8446, section 5.1). */
export const ALERT = 21;
export const HANDSHAKE = 22;
export const APPLICATION_DATA = 23;

export const HEADER = 5;
const TAG = 16;
/** Bytes that a record without padding adds to its content: the header, the type inside, and the tag. */
export const OVERHEAD = HEADER + 1 + TAG;
/** The most content of one record. */
export const MOST_CONTENT = 16_384;
/** The most bytes behind the header of a record (section 5.2). */
export const MOST_SEALED = MOST_CONTENT + 256;

interface Suite {
  readonly hash: 'sha256' | 'sha384';
  readonly hashLength: number;
  readonly keyLength: number;
  readonly cipher: CipherGCMTypes;
}

/** The cipher suites that OpenSSL offers by default (section B.4), by the name that `getCipher().standardName` has. */
const SUITES: Readonly<Record<string, Suite>> = {
  TLS_AES_128_GCM_SHA256: { hash: 'sha256', hashLength: 32, keyLength: 16, cipher: 'aes-128-gcm' },
  TLS_AES_256_GCM_SHA384: { hash: 'sha384', hashLength: 48, keyLength: 32, cipher: 'aes-256-gcm' },
  TLS_CHACHA20_POLY1305_SHA256: {
    hash: 'sha256',
    hashLength: 32,
    keyLength: 32,
    // Its types know GCM alone; the calls are the same (https://nodejs.org/api/crypto.html#ccm-mode, "AEAD").
    cipher: 'chacha20-poly1305' as CipherGCMTypes,
  },
};

/** Undefined for a suite whose records are not known here (CCM, which has to be asked for). */
export const suiteOf = (name: string): Suite | undefined =>
  Object.hasOwn(SUITES, name) ? SUITES[name] : undefined;

/** HKDF-Expand-Label with an empty context (section 7.1); `length` is at most that of the hash. */
export function expandLabel(hash: string, secret: Buffer, label: string, length: number): Buffer {
  const full = `tls13 ${label}`;
  const info = Buffer.alloc(2 + 1 + full.length + 1 + 1);
  info.writeUInt16BE(length, 0);
  info[2] = full.length;
  info.write(full, 3, 'latin1');
  // The empty context has its length, 0; then the counter of HKDF-Expand (RFC 5869, section 2.3).
  info[info.length - 1] = 1;
  return createHmac(hash, secret).update(info).digest().subarray(0, length);
}

export interface Content {
  readonly type: number;
  readonly data: Buffer;
}

/** The key of one direction. It counts its records: the number is part of each record's nonce (section 5.3). */
export class RecordKey {
  readonly #suite: Suite;
  #secret: Buffer;
  #key: Buffer;
  #iv: Buffer;
  readonly #nonce = Buffer.alloc(12);
  #sequence: number;

  /**
   * @param secret the traffic secret of the direction; the object owns it and wipes it
   * @param sequence the number of the next record
   */
  constructor(suite: Suite, secret: Buffer, sequence: number) {
    this.#suite = suite;
    this.#secret = secret;
    this.#key = expandLabel(suite.hash, secret, 'key', suite.keyLength);
    this.#iv = expandLabel(suite.hash, secret, 'iv', 12);
    this.#sequence = sequence;
  }

  get sequence(): number {
    return this.#sequence;
  }

  get secret(): Buffer {
    return this.#secret;
  }

  /** Takes the number of the next record. */
  #nextNonce(): Buffer {
    const nonce = this.#nonce;
    this.#iv.copy(nonce);
    const number = this.#sequence++;
    nonce.writeUInt32BE((nonce.readUInt32BE(4) ^ Math.floor(number / 2 ** 32)) >>> 0, 4);
    nonce.writeUInt32BE((nonce.readUInt32BE(8) ^ (number % 2 ** 32)) >>> 0, 8);
    return nonce;
  }

  /** @param data `MOST_CONTENT` bytes at most @returns the parts of a record, in their order */
  seal(type: number, data: Uint8Array): Buffer[] {
    const { cipher } = this.#suite;
    const header = Buffer.from([APPLICATION_DATA, 3, 3, 0, 0]);
    header.writeUInt16BE(data.length + 1 + TAG, 3);
    const sealing = createCipheriv(cipher, this.#key, this.#nextNonce(), { authTagLength: TAG });
    sealing.setAAD(header);
    const sealed = sealing.update(data);
    const last = sealing.update(Buffer.from([type]));
    sealing.final();
    return [header, sealed, last, sealing.getAuthTag()];
  }

  /** @param record the whole of one @returns undefined for one that is not the next one of this direction */
  open(record: Buffer): Content | undefined {
    if (record.length < OVERHEAD) return undefined;
    const end = record.length - TAG;
    const opening = createDecipheriv(this.#suite.cipher, this.#key, this.#nextNonce(), {
      authTagLength: TAG,
    });
    opening.setAAD(record.subarray(0, HEADER));
    opening.setAuthTag(record.subarray(end));
    const content = opening.update(record.subarray(HEADER, end));
    try {
      opening.final();
    } catch {
      return undefined;
    }
    // The type stands behind the data and before the padding, which is zeros (section 5.4).
    let at = content.length - 1;
    while (at >= 0 && content[at] === 0) at--;
    return at < 0 ? undefined : { type: content[at] as number, data: content.subarray(0, at) };
  }

  /** The next generation of the key, after a KeyUpdate in this direction (section 7.2). */
  update(): void {
    const { hash, hashLength, keyLength } = this.#suite;
    const next = expandLabel(hash, this.#secret, 'traffic upd', hashLength);
    this.wipe();
    this.#secret = next;
    this.#key = expandLabel(hash, next, 'key', keyLength);
    this.#iv = expandLabel(hash, next, 'iv', 12);
    this.#sequence = 0;
  }

  wipe(): void {
    for (const secret of [this.#secret, this.#key, this.#iv]) secret.fill(0);
  }
}
