/** The certificates of a configuration, looked at before a server has them. */
import { X509Certificate } from 'node:crypto';
import tls from 'node:tls';
import type { Config } from '@tshorn/config';
import { TshornError } from '@tshorn/core';
import { isReadableByAll, readCertificates } from './certificate-files.ts';
import { datesProblem, expiryWarning } from './expiry.ts';
import { blocksOf } from './pem.ts';

/**
 * Returns likely mistakes, one line each.
 * @throws TshornError ERR_CERTIFICATE for files that cannot serve, and for a certificate that is not valid now
 */
export function judgeCertificates(config: Config): string[] {
  const { facts, warnings } = readCertificates(config);
  const now = Date.now();
  for (const one of facts) {
    const problem = datesProblem(one, now);
    if (problem === undefined) continue;
    throw new TshornError('ERR_CERTIFICATE', problem, { fix: 'renew it, or set the clock of this machine' });
  }
  return [...warnings, ...facts.flatMap((one) => expiryWarning(one, now) ?? [])];
}

/** Each finding is a sentence with the file. */
export interface CertificateFindings {
  readonly failure?: TshornError;
  readonly expiring: readonly string[];
  readonly openKeys: readonly string[];
  readonly incomplete: readonly string[];
}

/** Never throws: a failure is a finding. */
export function examine(config: Config): CertificateFindings {
  const openKeys = [...new Set(config.keyfile)].filter(isReadableByAll);
  try {
    judgeCertificates(config);
    const { pairs, facts } = readCertificates(config);
    const incomplete = pairs.flatMap(({ cert }, at) => withoutIssuer(config.certfile[at] as string, cert));
    return { expiring: facts.flatMap((one) => expiryWarning(one, Date.now()) ?? []), openKeys, incomplete };
  } catch (error) {
    if (!(error instanceof TshornError)) throw error;
    return { failure: error, expiring: [], openKeys, incomplete: [] };
  }
}

/** A chain has to end with a certificate that a root has signed: a client knows roots alone. */
function withoutIssuer(file: string, chain: string): string[] {
  const last = blocksOf(chain).at(-1);
  const { subject, issuer } = new X509Certificate(last?.text ?? '');
  const isRoot = (pem: string) => new X509Certificate(pem).subject === issuer;
  if (subject === issuer || tls.rootCertificates.some(isRoot)) return [];
  return [`${file} ends with one that "${issuer.replaceAll('\n', ', ')}" has signed`];
}
