/** The words of this directory: certificates with their keys, and what people are told of them. */
import type { KeyObject, X509Certificate } from 'node:crypto';
import type { Config } from '@tshorn/config';
import { alternativeNames } from '@tshorn/core';

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

/** One certificate, as people are told of it. */
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

export interface Read {
  readonly file: string;
  readonly keyFile: string;
  readonly chain: readonly X509Certificate[];
  readonly key: KeyObject;
}

export const subjectOf = ({ subject }: X509Certificate): string =>
  /(?:^|\n)CN=(.+)/.exec(subject ?? '')?.[1] ?? (subject?.replaceAll('\n', ', ') || 'no name');

export function namesOf(certificate: X509Certificate): string[] {
  const names = [...alternativeNames(certificate).matchAll(/(?:DNS|IP Address):"?([^,"]+)/g)];
  return names.map(([, name = '']) => name.trim());
}

export const factsOf = (file: string, certificate: X509Certificate): CertificateFacts => ({
  file,
  names: namesOf(certificate),
  notBefore: Date.parse(certificate.validFrom),
  notAfter: Date.parse(certificate.validTo),
});
