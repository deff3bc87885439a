/** Likely mistakes in certificates that can serve: clients or attackers find them later. One line each. */
import type { X509Certificate } from 'node:crypto';
import fs from 'node:fs';
import { type CertificateFacts, type CertificateOptions, type Read, subjectOf } from './certificate-facts.ts';

interface Given {
  readonly read: readonly Read[];
  readonly facts: readonly CertificateFacts[];
  /** Those of `--ca-certs`. */
  readonly authorities: readonly X509Certificate[];
  readonly options: CertificateOptions;
}

export const warningsOf = ({ read, facts, authorities, options }: Given): string[] => [
  ...twice(read),
  ...sharedNames(unlike(read, facts)),
  ...nameless(facts),
  ...open(options.keyfile),
  ...unfit(read, options.tlsCiphers),
  ...(options.caCerts === undefined ? [] : noAuthority(options.caCerts, authorities)),
];

const prints = (read: readonly Read[]) => read.map(({ chain }) => chain[0]?.fingerprint256);

const twice = (read: readonly Read[]): string[] =>
  read.flatMap(({ file }, at) => {
    const first = prints(read).indexOf(read[at]?.chain[0]?.fingerprint256);
    if (first === at) return [];
    const other = read[first]?.file as string;
    return [
      other === file
        ? `certfile: ${file} is given twice`
        : `certfile: ${other} and ${file} hold the same certificate: clients are shown the first`,
    ];
  });

/** Each certificate once. */
const unlike = (read: readonly Read[], facts: readonly CertificateFacts[]): CertificateFacts[] =>
  facts.filter((_, at) => prints(read).indexOf(read[at]?.chain[0]?.fingerprint256) === at);

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
    const stats = fs.statSync(file);
    // Another user cannot open the pipe of a shell.
    return stats.isFile() && (stats.mode & 0o004) !== 0;
  } catch {
    return false;
  }
}

/**
 * The name of a cipher suite of TLS 1.2 says which key it is for. A list that has another form (`HIGH`, a suite of TLS 1.3) is
 * left alone.
 */
function unfit(read: readonly Read[], ciphers: string): string[] {
  const suites = ciphers.split(/[:, ]/).filter((item) => item !== '' && !/^[!+@-]/.test(item));
  const wanted = suites.map((suite) => /-(RSA|ECDSA)-/.exec(suite)?.[1]);
  if (suites.length === 0 || wanted.includes(undefined)) return [];
  return read.flatMap((one) => {
    const kind = one.key.asymmetricKeyType?.startsWith('rsa') ? 'RSA' : 'ECDSA';
    if (wanted.includes(kind)) return [];
    return [
      `tls-ciphers: no suite of "${ciphers}" fits the key of ${one.file}, which needs one with ${kind}: every handshake fails`,
    ];
  });
}

function noAuthority(file: string, authorities: readonly X509Certificate[]): string[] {
  const now = Date.now();
  const expired = authorities
    .filter(({ validTo }) => Date.parse(validTo) < now)
    .map(
      (one) =>
        `ca-certs: ${subjectOf(one)} in ${file} has expired: clients with its certificates are refused`,
    );
  if (authorities.some(({ ca }) => ca)) return expired;
  return [
    ...expired,
    `ca-certs: ${file} holds no certificate of an authority (CA): no other certificate is accepted than those in it`,
  ];
}
