/**
 * Certificates for tests, written as DER (RFC 5280, X.690) and signed with node:crypto: a machine with Node alone can
 * run every test. Each is real: OpenSSL verifies it.
 */
import crypto, { type KeyObject } from 'node:crypto';
import fs from 'node:fs';
import net from 'node:net';
import path from 'node:path';

export type KeyType = 'ec' | 'rsa' | 'ed25519';

export interface Wish {
  /** Host names and IP addresses; the first is the common name too. */
  readonly names?: readonly string[];
  /** Days from now; negative ones are in the past. Default: from yesterday for 90 days. */
  readonly from?: number;
  readonly days?: number;
  readonly key?: KeyType;
  /** An authority that signs others. */
  readonly ca?: boolean;
  /** A certificate for a client. */
  readonly client?: boolean;
}

/** A certificate with its key, in PEM. `cert` is the certificate alone, `chain` has the intermediate ones as well. */
export class Made {
  readonly #key: KeyObject;
  readonly #name: Buffer;
  readonly #issuer: Made | undefined;
  readonly cert: string;
  readonly key: string;

  constructor(wish: Wish = {}, issuer?: Made) {
    const { names = ['localhost'], from = -1, days = 90, key = 'ec', ca = false, client = false } = wish;
    const pair = keyPair(key);
    this.#key = pair.privateKey;
    this.#name = nameOf(names[0] ?? '');
    this.#issuer = issuer;
    const signer = issuer ?? this;
    const tbs = seq(
      tag(0xa0, integer(Buffer.from([2]))),
      integer(Buffer.concat([Buffer.from([0x40]), crypto.randomBytes(15)])),
      algorithm(signer.#key),
      signer.#name,
      seq(time(from), time(from + days)),
      this.#name,
      pair.publicKey.export({ type: 'spki', format: 'der' }),
      tag(0xa3, seq(...extensions(names, ca, client))),
    );
    const signature = crypto.sign(digestOf(signer.#key), tbs, signer.#key);
    const der = seq(tbs, algorithm(signer.#key), tag(0x03, Buffer.from([0]), signature));
    const lines = der.toString('base64').match(/.{1,64}/g) ?? [];
    this.cert = ['-----BEGIN CERTIFICATE-----', ...lines, '-----END CERTIFICATE-----', ''].join('\n');
    this.key = String(this.#key.export({ type: 'pkcs8', format: 'pem' }));
  }

  /** A certificate that this authority signs. */
  issue(wish: Wish = {}): Made {
    return new Made(wish, this);
  }

  /** With the certificates of those that have signed it, without the root. */
  get chain(): string {
    const issuer = this.#issuer;
    return issuer && !issuer.isRoot ? this.cert + issuer.chain : this.cert;
  }

  get isRoot(): boolean {
    return this.#issuer === undefined;
  }

  /** The key, encrypted. */
  keyWith(password: string): string {
    const cipher = { cipher: 'aes-256-cbc', passphrase: password };
    return String(this.#key.export({ type: 'pkcs8', format: 'pem', ...cipher }));
  }

  /** Writes `NAME.pem` (the chain) and `NAME.key`. @returns the flags that name both */
  write(directory: string, name = 'server'): string[] {
    const [cert, key] = [path.join(directory, `${name}.pem`), path.join(directory, `${name}.key`)];
    fs.writeFileSync(cert, this.chain);
    fs.writeFileSync(key, this.key, { mode: 0o600 });
    return ['--certfile', cert, '--keyfile', key];
  }
}

/** A root authority. */
export const authority = (name = 'Test CA', wish: Wish = {}): Made =>
  new Made({ names: [name], days: 3_650, ca: true, ...wish });

function keyPair(type: KeyType): { publicKey: KeyObject; privateKey: KeyObject } {
  if (type === 'rsa') return crypto.generateKeyPairSync('rsa', { modulusLength: 2_048 });
  if (type === 'ed25519') return crypto.generateKeyPairSync('ed25519');
  return crypto.generateKeyPairSync('ec', { namedCurve: 'P-256' });
}

/** Type, length, value. */
function tag(type: number, ...parts: Buffer[]): Buffer {
  const value = Buffer.concat(parts);
  const bytes = [value.length >> 16, (value.length >> 8) & 0xff, value.length & 0xff];
  const used = bytes.slice(bytes.findIndex((byte) => byte > 0));
  const length = value.length < 0x80 ? [value.length] : [0x80 | used.length, ...used];
  return Buffer.concat([Buffer.from([type, ...length]), value]);
}

const seq = (...parts: Buffer[]): Buffer => tag(0x30, ...parts);
const integer = (bytes: Buffer): Buffer => tag(0x02, bytes);
const yes = tag(0x01, Buffer.from([0xff]));

/** Dotted numbers whose parts after the first two are below 2^14, or 113549. */
function oid(text: string): Buffer {
  const [first = 0, second = 0, ...rest] = text.split('.').map(Number);
  const bytes = [first * 40 + second, ...rest].flatMap((part) => {
    const septets = [part & 0x7f];
    for (let left = part >> 7; left > 0; left >>= 7) septets.unshift(0x80 | (left & 0x7f));
    return septets;
  });
  return tag(0x06, Buffer.from(bytes));
}

const COMMON_NAME = oid('2.5.4.3');

const nameOf = (name: string): Buffer => seq(tag(0x31, seq(COMMON_NAME, tag(0x0c, Buffer.from(name)))));

const digestOf = (key: KeyObject) => (key.asymmetricKeyType === 'ed25519' ? null : 'sha256');

function algorithm(key: KeyObject): Buffer {
  if (key.asymmetricKeyType === 'ed25519') return seq(oid('1.3.101.112'));
  if (key.asymmetricKeyType === 'ec') return seq(oid('1.2.840.10045.4.3.2'));
  return seq(oid('1.2.840.113549.1.1.11'), tag(0x05));
}

/** GeneralizedTime may stand for every year only in the eyes of OpenSSL; UTCTime is what RFC 5280 wants before 2050. */
function time(days: number): Buffer {
  const at = new Date(Date.now() + days * 86_400_000).toISOString().replace(/\..*|[-:T]/g, '');
  return tag(0x17, Buffer.from(`${at.slice(2)}Z`));
}

function extensions(names: readonly string[], ca: boolean, client: boolean): Buffer[] {
  const extension = (id: string, value: Buffer, ...critical: Buffer[]) =>
    seq(oid(id), ...critical, tag(0x04, value));
  const constraints = extension('2.5.29.19', ca ? seq(yes) : seq(), yes);
  // keyCertSign and cRLSign; digitalSignature and keyEncipherment.
  const usage = extension('2.5.29.15', tag(0x03, Buffer.from(ca ? [1, 0x06] : [5, 0xa0])), yes);
  if (ca) return [constraints, usage];
  const purpose = oid(client ? '1.3.6.1.5.5.7.3.2' : '1.3.6.1.5.5.7.3.1');
  return [
    constraints,
    usage,
    extension('2.5.29.37', seq(purpose)),
    extension('2.5.29.17', seq(...names.map(alternative))),
  ];
}

function alternative(name: string): Buffer {
  if (net.isIPv4(name)) return tag(0x87, Buffer.from(name.split('.').map(Number)));
  if (net.isIPv6(name)) return tag(0x87, groupsOf(name));
  return tag(0x82, Buffer.from(name));
}

function groupsOf(address: string): Buffer {
  const [head = '', tail = ''] = address.split('::');
  const groups = (text: string) =>
    text === '' ? [] : text.split(':').map((part) => Number.parseInt(part, 16));
  const [before, after] = [groups(head), groups(tail)];
  const zeros = Array.from({ length: 8 - before.length - after.length }, () => 0);
  return Buffer.from([...before, ...zeros, ...after].flatMap((group) => [group >> 8, group & 0xff]));
}
