/**
 * Reads the files of `--certfile`, `--keyfile` and `--ca-certs`, and finds out what is wrong with them before any client
 * does: one sentence for each fault, with the file and what mends it.
 */
import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto';
import tls from 'node:tls';
import { describeThrown, TshornError } from '@tshorn/core';
import {
  type CertificateOptions,
  type CertificateSet,
  factsOf,
  namesOf,
  type Pair,
  type Read,
  subjectOf,
} from './certificate-facts.ts';
import { warningsOf } from './certificate-warnings.ts';
import { blocksOf, cutOff, describeContent, isCertificate, isKey } from './pem.ts';
import { type Pipes, readPem } from './read-pem.ts';

/**
 * @param pipes what has been read from pipes before; what is read from one now is added
 * @throws TshornError ERR_CERTIFICATE naming the file, the fault and what mends it
 */
export async function readCertificates(
  options: CertificateOptions,
  pipes: Pipes = new Map(),
): Promise<CertificateSet> {
  const { certfile, keyfile, keyfilePasswordFile, caCerts } = options;
  const text = (option: string, file: string) => readPem(option, file, pipes);
  const password =
    keyfilePasswordFile === undefined
      ? undefined
      : passwordIn(keyfilePasswordFile, await text('keyfile-password-file', keyfilePasswordFile));
  const read: Read[] = [];
  for (const [at, file] of certfile.entries()) {
    const keyFile = keyfile[at] as string;
    const chain = certificatesIn('certfile', file, await text('certfile', file));
    read.push({ file, keyFile, chain, key: keyIn(keyFile, await text('keyfile', keyFile), password) });
  }
  for (const one of read) checkKey(one, read);
  for (const { file, chain } of read) checkOrder(file, chain);
  const authorities =
    caCerts === undefined ? [] : certificatesIn('ca-certs', caCerts, await text('ca-certs', caCerts));
  const ca = caCerts === undefined ? undefined : authorities.map(String).join('');
  const pairs = read.map(({ chain, key }) => ({
    cert: chain.map(String).join(''),
    key: String(key.export({ type: 'pkcs8', format: 'pem' })),
  }));
  for (const [at, pair] of pairs.entries()) checkUse(certfile[at] as string, pair, ca, options);
  const facts = read.map(({ file, chain }) => factsOf(file, chain[0] as X509Certificate));
  return { pairs, ca, facts, warnings: warningsOf({ read, facts, authorities, options }) };
}

const failure = (message: string, fix: string) => new TshornError('ERR_CERTIFICATE', message, { fix });

function passwordIn(file: string, text: string): string {
  const [password = ''] = text.split(/\r?\n/);
  if (password !== '') return password;
  throw failure(
    `keyfile-password-file: the first line of ${file} is empty`,
    'write the password into the first line',
  );
}

/** A server that took what is there of a chain would serve it without its end until the next change. */
function checkWhole(option: string, file: string, text: string): void {
  const label = cutOff(text);
  if (label === undefined) return;
  throw failure(
    `${option}: ${file} is cut off: its last ${label.toLowerCase()} has no END line`,
    'write the whole file again; one that is still being written needs nothing but its rest',
  );
}

function certificatesIn(option: string, file: string, text: string): X509Certificate[] {
  checkWhole(option, file, text);
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

function keyIn(file: string, text: string, password: string | undefined): KeyObject {
  checkWhole('keyfile', file, text);
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
