/** Each file that cannot serve is refused with one sentence, which says what mends it. */
import fs from 'node:fs';
import path from 'node:path';
import { readCertificates } from '../packages/master/src/tls/certificate-files.ts';
import { type CertificateOrder, openCertificates } from '../packages/master/src/tls/certificates.ts';
import { authority } from './support/certificates.ts';
import { directory, ownDirectory } from './support/directory.ts';
import { run } from './support/run.ts';
import { fixture } from './support/server.ts';

ownDirectory();

const root = authority();
const middle = root.issue({ names: ['Test Intermediate'], ca: true });
const site = middle.issue({ names: ['a.example', 'www.a.example', '127.0.0.1'] });
const other = root.issue({ names: ['b.example'] });
const old = root.issue({ names: ['old.example'], from: -30, days: 20 });
const PLAIN = {
  keyfilePasswordFile: undefined,
  caCerts: undefined,
  tlsCiphers: '',
  tlsMinVersion: 'TLSv1.2',
} as const;

const file = (name: string, text: string | Buffer): string => {
  const at = path.join(directory, name);
  fs.writeFileSync(at, text, { mode: 0o600 });
  return at;
};
type More = Partial<Parameters<typeof readCertificates>[0]>;
const read = (cert: string, key: string, more: More = {}) =>
  readCertificates({
    ...PLAIN,
    certfile: [file('a.pem', cert)],
    keyfile: [file('a.key', key)],
    ...more,
  });

test.each(['ec', 'rsa', 'ed25519'] as const)('a pair with its chain is read: %s', async (key) => {
  const made = middle.issue({ names: ['c.example'], key });
  const { pairs, facts, warnings } = await read(made.chain, made.key);
  expect(pairs[0]?.cert.match(/BEGIN CERTIFICATE/g)).toHaveLength(2);
  expect(facts).toMatchObject([{ names: ['c.example'] }]);
  expect(warnings).toEqual([]);
});

test('certificate and key may stand in one file, in any order, with text between', async () => {
  const both = file('both.pem', `Bag Attributes\n${site.key}\nsubject=a\n${site.chain}`);
  const { facts } = await readCertificates({ ...PLAIN, certfile: [both], keyfile: [both] });
  expect(facts).toMatchObject([{ names: ['a.example', 'www.a.example', '127.0.0.1'] }]);
});

test('an encrypted key is read with its password, and arrives decrypted', async () => {
  const password = file('password', 'correct horse\n');
  const { pairs } = await read(site.chain, site.keyWith('correct horse'), { keyfilePasswordFile: password });
  expect(pairs[0]?.key).toContain('BEGIN PRIVATE KEY');
});

const cut = (text: string) => text.slice(0, text.indexOf('-----END'));
const damaged = (text: string) => text.replace(/\n[A-Za-z0-9+/=]{60}/, '\nAAAA');

test.each<[name: string, words: RegExp, cert: string, key: string]>([
  ['an empty certificate', /certfile: \S+a\.pem holds no certificate in PEM: it is empty/, '', site.key],
  [
    'half a certificate',
    /certfile: \S+a\.pem is cut off: its last certificate has no END line/,
    cut(site.cert),
    site.key,
  ],
  ['half a chain', /a\.pem is cut off/, site.cert + middle.cert.slice(0, 300), site.key],
  ['half a key', /keyfile: \S+a\.key is cut off: its last private key/, site.chain, cut(site.key)],
  [
    'a key for a certificate',
    /a\.pem holds no certificate in PEM: it holds a private key/,
    site.key,
    site.key,
  ],
  ['a damaged certificate', /certificate 1 of \S+a\.pem is damaged/, damaged(site.cert), site.key],
  [
    'a certificate for a key',
    /keyfile: \S+a\.key holds no private key.*it holds a certificate/,
    site.chain,
    site.cert,
  ],
  ['a damaged key', /the private key in \S+a\.key is damaged/, site.chain, damaged(site.key)],
  [
    'the key of another one',
    /a\.key is not the key of certfile \S+a\.pem \(a\.example\)/,
    site.chain,
    other.key,
  ],
  [
    'a chain that begins with its end',
    /a\.key is not the key of .*, but of a later certificate in that file/,
    middle.cert + site.cert,
    site.key,
  ],
  [
    'a chain with a stranger',
    /certificate 2 \(b\.example\) has not signed certificate 1 \(a\.example\)/,
    site.cert + other.cert,
    site.key,
  ],
  [
    'an encrypted key without a password',
    /a\.key is encrypted, and there is no/,
    site.chain,
    site.keyWith('x'),
  ],
])('%s', async (_name, words, cert, key) => {
  await expect(read(cert, key)).rejects.toThrow(words);
  await expect(read(cert, key)).rejects.toThrow(
    expect.objectContaining({ code: 'ERR_CERTIFICATE', fix: expect.any(String) }),
  );
});

test('a wrong password, an empty one, and files that are not there', async () => {
  const encrypted = site.keyWith('right');
  const withPassword = (text: string) => ({ keyfilePasswordFile: file('password', text) });
  await expect(read(site.chain, encrypted, withPassword('wrong'))).rejects.toThrow(
    /cannot be decrypted with the password/,
  );
  await expect(read(site.chain, encrypted, withPassword('\nright'))).rejects.toThrow(
    /the first line of \S+ is empty/,
  );
  const missing = path.join(directory, 'missing');
  await expect(read(site.chain, site.key, { keyfile: [missing] })).rejects.toThrow(
    /keyfile: \S+missing cannot be read: .*ENOENT/,
  );
  await expect(read(site.chain, site.key, { caCerts: missing })).rejects.toThrow(
    /ca-certs: \S+missing cannot be read/,
  );
  await expect(read(site.chain, site.key, { caCerts: file('ca', site.key) })).rejects.toThrow(
    /ca-certs: .*holds no cert/,
  );
  await expect(read(site.chain, site.key, { tlsCiphers: 'NONE-SUCH' })).rejects.toThrow(
    /tls-ciphers: OpenSSL refuses "NONE/,
  );
});

test('keys in another order than their certificates', async () => {
  const certfile = [file('1.pem', site.chain), file('2.pem', other.cert)];
  const keyfile = [file('1.key', other.key), file('2.key', site.key)];
  await expect(readCertificates({ ...PLAIN, certfile, keyfile })).rejects.toThrow(/but of \S+2\.pem/);
});

test('what clients or attackers find is warned of', async () => {
  const nameless = root.issue({ names: [] });
  expect((await read(nameless.cert, nameless.key)).warnings).toEqual([
    expect.stringMatching(/a\.pem is for no host name \(subjectAltName\): clients refuse it/),
  ]);
  const key = file('open.key', site.key);
  fs.chmodSync(key, 0o644);
  expect((await read(site.chain, '', { keyfile: [key] })).warnings).toEqual([
    `keyfile: every user of this machine can read ${key}: chmod o-r ${key}`,
  ]);
  const twice = root.issue({ names: ['A.example'] });
  const { warnings } = await read('', '', {
    certfile: [file('1.pem', site.chain), file('2.pem', twice.cert)],
    keyfile: [file('1.key', site.key), file('2.key', twice.key)],
  });
  expect(warnings).toEqual([expect.stringMatching(/A\.example is in \S+1\.pem and in \S+2\.pem/)]);
});

test('authorities that are none or have expired, ciphers for another key, a pair given twice', async () => {
  const warned = async (more: More) => (await read(site.chain, site.key, more)).warnings;
  expect(await warned({ caCerts: file('ca', root.cert) })).toEqual([]);
  expect(await warned({ caCerts: file('ca', other.cert) })).toEqual([
    expect.stringMatching(/^ca-certs: \S+ca holds no certificate of an authority/),
  ]);
  const bygone = authority('Old CA', { from: -30, days: 20 });
  expect(await warned({ caCerts: file('ca', root.cert + bygone.cert) })).toEqual([
    expect.stringMatching(/^ca-certs: Old CA in \S+ca has expired/),
  ]);
  const suite = (kind: string) => ({ tlsCiphers: `ECDHE-${kind}-AES128-GCM-SHA256` });
  expect(await warned(suite('ECDSA'))).toEqual([]);
  expect(await warned(suite('RSA'))).toEqual([
    expect.stringMatching(/^tls-ciphers: no suite of "ECDHE-RSA-\S+" fits the key of \S+a.pem/),
  ]);
  const [cert, key] = [file('1.pem', site.chain), file('1.key', site.key)];
  const both = await warned({ certfile: [cert, cert], keyfile: [key, key] });
  expect(both).toEqual([`certfile: ${cert} is given twice`]);
  const copy = await warned({ certfile: [cert, file('2.pem', site.chain)], keyfile: [key, key] });
  expect(copy).toEqual([expect.stringMatching(/1\.pem and \S+2\.pem hold the same certificate/)]);
});

test('a reload to a config without authorities leaves the workers of before theirs', async () => {
  const given = {
    ...PLAIN,
    certfile: [file('1.pem', site.chain)],
    keyfile: [file('1.key', site.key)],
    caCerts: file('ca', root.cert),
  };
  const certificates = await openCertificates(given, {
    info() {},
    warn() {},
    error() {},
  } as never);
  const sent: CertificateOrder[] = [];
  certificates.attend({
    serials: () => [1],
    stateOf: () => 'ready',
    send: (_serial, message) => sent.push(message),
    replace() {},
  });
  certificates.boot(1);
  const { caCerts: _ca, ...none } = given;
  expect(await certificates.reload({ ...none, caCerts: undefined })).toBeUndefined();
  file('1.pem', other.chain);
  file('1.key', other.key);
  expect(await certificates.reload({ ...none, caCerts: undefined })).toBeUndefined();
  certificates.close();
  expect(sent).toMatchObject([
    { revision: 1, ca: root.cert },
    { revision: 2, ca: root.cert },
  ]);
});

test('--check-config and tshorn check refuse what a start would refuse, and an expired certificate', async () => {
  const hello = fixture('says-hello.mjs');
  const wrong = [...site.write(directory, 'site').slice(0, 2), ...other.write(directory, 'other').slice(2)];
  const checks = await Promise.all([
    run([hello, ...wrong, '--check-config']),
    run(['check', hello, ...wrong]),
    run([hello, ...old.write(directory, 'old'), '--check-config']),
    run([hello, '--bind', 'https://127.0.0.1:0', '--check-config']),
    run([hello, ...site.write(directory, 'good'), '--check-config']),
  ]);
  const words = [
    /is not the key of certfile/,
    /is not the key of certfile/,
    /has expired on/,
    /needs a certificate/,
  ];
  for (const [at, expected] of words.entries())
    expect(checks[at]).toMatchObject({ code: 2, text: expect.stringMatching(expected) });
  expect(checks[4]).toMatchObject({ code: 0, text: expect.stringContaining('is valid') });
});
