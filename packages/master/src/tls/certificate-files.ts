/**
 * Reads the files of `--certfile`, `--keyfile` and `--ca-certs`, and finds out what is wrong with them before any client
 * does: one sentence for each fault, with the file and what mends it.
 */
import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto';
import fs from 'node:fs';
import tls from 'node:tls';
import type { Config } from '@tshorn/config';
import { describeThrown, systemReason, TshornError } from '@tshorn/core';
import { blocksOf, describeContent, isCertificate, isKey } from './pem.ts';

export type CertificateOptions = Pick<
  Config,
  'certfile' | 'keyfile' | 'keyfilePasswordFile' | 'caCerts' | 'tlsCiphers' | 'tlsMinVersion'
>;

export interface Pair {
  /** The server's own, then those that have signed it. */
  readonly cert: string;
  /** Decrypted. */
  readonly key: string;
}

/** What people are told of one certificate. */
export interface CertificateFacts {
  readonly file: string;
  /** Host names and addresses that it is for. */
  readonly names: readonly string[];
  /** Milliseconds since the epoch. */
  readonly notBefore: number;
  readonly notAfter: number;
}

export interface CertificateSet {
  readonly pairs: readonly Pair[];
  readonly ca: string | undefined;
  readonly facts: readonly CertificateFacts[];
  /** Likely mistakes, one line each. */
  readonly warnings: readonly string[];
}

/** @throws TshornError ERR_CERTIFICATE naming the file, the fault and what mends it */
export function readCertificates(options: CertificateOptions): CertificateSet {
  const { certfile, keyfile, keyfilePasswordFile, caCerts } = options;
  const password = keyfilePasswordFile === undefined ? undefined : readPassword(keyfilePasswordFile);
  const read = certfile.map((file, at) => ({
    file,
    keyFile: keyfile[at] as string,
    chain: readChain(file),
    key: readKey(keyfile[at] as string, password),
  }));
  for (const one of read) checkKey(one, read);
  for (const { file, chain } of read) checkOrder(file, chain);
  const ca = caCerts === undefined ? undefined : readAuthorities(caCerts);
  const pairs = read.map(({ chain, key }) => ({
    cert: chain.map(String).join(''),
    key: String(key.export({ type: 'pkcs8', format: 'pem' })),
  }));
  for (const [at, pair] of pairs.entries()) checkUse(certfile[at] as string, pair, ca, options);
  const facts = read.map(({ file, chain }) => factsOf(file, chain[0] as X509Certificate));
  return { pairs, ca, facts, warnings: [...sharedNames(facts), ...nameless(facts), ...open(keyfile)] };
}

interface Read {
  readonly file: string;
  readonly keyFile: string;
  readonly chain: readonly X509Certificate[];
  readonly key: KeyObject;
}

const failure = (message: string, fix: string) => new TshornError('ERR_CERTIFICATE', message, { fix });

function readFile(option: string, file: string): string {
  try {
    return fs.readFileSync(file, 'utf8');
  } catch (error) {
    throw failure(
      `${option}: ${file} cannot be read: ${systemReason(error)}`,
      'correct the path, or give the user of the master the right to read it',
    );
  }
}

function readPassword(file: string): string {
  const [password = ''] = readFile('keyfile-password-file', file).split(/\r?\n/);
  if (password !== '') return password;
  throw failure(
    `keyfile-password-file: the first line of ${file} is empty`,
    'write the password into the first line',
  );
}

function certificatesIn(option: string, file: string): X509Certificate[] {
  const text = readFile(option, file);
  const blocks = blocksOf(text).filter(isCertificate);
  if (blocks.length === 0) {
    const content = describeContent(text);
    throw failure(
      `${option}: ${file} holds no certificate in PEM${content ? `: ${content}` : ''}`,
      content?.includes('private key')
        ? `name it with --keyfile, and the file of the certificate with --${option}`
        : 'name a file with "-----BEGIN CERTIFICATE-----"',
    );
  }
  return blocks.map((block, at) => {
    try {
      return new X509Certificate(block.text);
    } catch (error) {
      throw failure(
        `${option}: certificate ${at + 1} of ${file} is damaged: ${reasonOf(error)}`,
        'get the file anew from whoever has issued it',
      );
    }
  });
}

const readChain = (file: string): X509Certificate[] => certificatesIn('certfile', file);

const readAuthorities = (file: string): string => certificatesIn('ca-certs', file).map(String).join('');

function readKey(file: string, password: string | undefined): KeyObject {
  const text = readFile('keyfile', file);
  const block = blocksOf(text).find(isKey);
  if (!block) {
    const content = describeContent(text);
    throw failure(
      `keyfile: ${file} holds no private key in PEM${content ? `: ${content}` : ''}`,
      'name the file of the private key, with "-----BEGIN PRIVATE KEY-----"',
    );
  }
  const isEncrypted = block.label.startsWith('ENCRYPTED') || /^Proc-Type: 4,ENCRYPTED/m.test(block.text);
  if (isEncrypted && password === undefined) {
    throw failure(
      `keyfile: ${file} is encrypted, and there is no --keyfile-password-file`,
      'name a file with its password, or decrypt the key: openssl pkey -in OLD -out NEW',
    );
  }
  try {
    return createPrivateKey({ key: block.text, ...(isEncrypted && { passphrase: password }) });
  } catch (error) {
    if (isEncrypted) {
      throw failure(
        `keyfile: ${file} cannot be decrypted with the password of --keyfile-password-file`,
        'write the right password into the first line of that file',
      );
    }
    throw failure(`keyfile: the private key in ${file} is damaged: ${reasonOf(error)}`, 'restore the file');
  }
}

/** OpenSSL's own words: `error:0680007B:asn1 encoding routines::header too long` ends with the reason. */
const reasonOf = (error: unknown): string =>
  describeThrown(error).replace(/^.*?error:[^:]+:[^:]*:[^:]*:/, '');

const titleOf = (certificate: X509Certificate): string => namesOf(certificate)[0] ?? 'no name';

/** A certificate with the key of another one fails every handshake. */
function checkKey({ file, keyFile, chain, key }: Read, all: readonly Read[]): void {
  const [own, ...others] = chain as [X509Certificate, ...X509Certificate[]];
  if (own.checkPrivateKey(key)) return;
  const what = `keyfile: ${keyFile} is not the key of certfile ${file} (${titleOf(own)})`;
  if (others.some((certificate) => certificate.checkPrivateKey(key))) {
    throw failure(
      `${what}, but of a later certificate in that file`,
      "put the server's own certificate first, and after it each one that has signed the one before",
    );
  }
  const owner = all.find((one) => one.chain[0]?.checkPrivateKey(key));
  throw failure(
    owner ? `${what}, but of ${owner.file}` : what,
    owner
      ? 'give the --keyfile options in the order of the --certfile options'
      : 'name the key that the certificate was made for, or have a certificate issued for this key',
  );
}

/** A client that is sent them in another order need not put them right: RFC 8446, section 4.4.2. */
function checkOrder(file: string, chain: readonly X509Certificate[]): void {
  for (const [at, certificate] of chain.entries()) {
    const next = chain[at + 1];
    if (!next || (certificate.checkIssued(next) && certificate.verify(next.publicKey))) continue;
    throw failure(
      `certfile: ${file}: certificate ${at + 2} (${subjectOf(next)}) has not signed certificate ${at + 1} (${subjectOf(certificate)})`,
      "put the server's own certificate first, and after it each one that has signed the one before",
    );
  }
}

const subjectOf = ({ subject }: X509Certificate): string =>
  /(?:^|\n)CN=(.+)/.exec(subject ?? '')?.[1] ?? (subject?.replaceAll('\n', ', ') || 'no name');

/** The last word is OpenSSL's: a key may be too small for it, or a signature too old. */
function checkUse(
  file: string,
  { cert, key }: Pair,
  ca: string | undefined,
  options: CertificateOptions,
): void {
  const make = (more: tls.SecureContextOptions) => tls.createSecureContext(more);
  try {
    make({ cert, key, minVersion: options.tlsMinVersion, ...(ca !== undefined && { ca }) });
  } catch (error) {
    throw failure(
      `certfile: OpenSSL refuses ${file}: ${reasonOf(error)}`,
      'have a certificate issued with a key of 2048 bits or more (RSA) or of the curve P-256, and SHA-256',
    );
  }
  if (options.tlsCiphers === '') return;
  try {
    make({ ciphers: options.tlsCiphers });
  } catch (error) {
    throw failure(
      `tls-ciphers: OpenSSL refuses "${options.tlsCiphers}": ${reasonOf(error)}`,
      'write a list as `openssl ciphers -v LIST` takes it, or leave it out',
    );
  }
}

export function namesOf({ subjectAltName }: X509Certificate): string[] {
  const names = [...(subjectAltName ?? '').matchAll(/(?:DNS|IP Address):"?([^,"]+)/g)];
  return names.map(([, name = '']) => name.trim());
}

const factsOf = (file: string, certificate: X509Certificate): CertificateFacts => ({
  file,
  names: namesOf(certificate),
  notBefore: Date.parse(certificate.validFrom),
  notAfter: Date.parse(certificate.validTo),
});

/** Node, curl and every browser look at the alternative names alone: RFC 9525, section 2. */
const nameless = (facts: readonly CertificateFacts[]): string[] =>
  facts
    .filter(({ names }) => names.length === 0)
    .map(({ file }) => `certfile: ${file} is for no host name (subjectAltName): clients refuse it`);

function sharedNames(facts: readonly CertificateFacts[]): string[] {
  const first = new Map<string, string>();
  return facts.flatMap(({ file, names }) =>
    names.flatMap((name) => {
      const other = first.get(name.toLowerCase());
      if (other === undefined) first.set(name.toLowerCase(), file);
      return other === undefined || other === file
        ? []
        : [`certfile: ${name} is in ${other} and in ${file}: clients are shown the first`];
    }),
  );
}

/** Every user of the machine could take the server's identity. */
const open = (keyfiles: readonly string[]): string[] =>
  [...new Set(keyfiles)]
    .filter(isReadableByAll)
    .map((file) => `keyfile: every user of this machine can read ${file}: chmod o-r ${file}`);

export function isReadableByAll(file: string): boolean {
  try {
    return (fs.statSync(file).mode & 0o004) !== 0;
  } catch {
    return false;
  }
}
