/** The certificates of a configuration, looked at before a server has them. */
import { X509Certificate } from 'node:crypto';
import tls from 'node:tls';
import type { Config } from '@tshorn/config';
import { TshornError } from '@tshorn/core';
import type { CertificateSet } from './certificate-facts.ts';
import { readCertificates } from './certificate-files.ts';
import { isReadableByAll } from './certificate-warnings.ts';
import { datesProblem, expiryWarning } from './expiry.ts';
import { blocksOf } from './pem.ts';

/**
 * Returns likely mistakes, one line each.
 * @throws TshornError ERR_CERTIFICATE for files that cannot serve, and for a certificate that is not valid now
 */
export async function judgeCertificates(config: Config): Promise<string[]> {
  const set = await readCertificates(config);
  refuseByDates(set);
  const expiring = set.facts.flatMap((one) => expiryWarning(one, Date.now()) ?? []);
  const lonely = set.pairs.flatMap(({ cert }, at) =>
    blocksOf(cert).length > 1 ? [] : withoutIssuer(config.certfile[at] as string, cert),
  );
  const hint = ', and holds no intermediate certificate: clients that do not know that authority refuse it';
  return [...set.warnings, ...expiring, ...lonely.map((text) => `certfile: ${text}${hint}`)];
}

function refuseByDates({ facts }: CertificateSet): void {
  for (const one of facts) {
    const problem = datesProblem(one, Date.now());
    if (problem === undefined) continue;
    throw new TshornError('ERR_CERTIFICATE', problem, { fix: 'renew it, or set the clock of this machine' });
  }
}

/** Each finding is a sentence with the file. */
export interface CertificateFindings {
  readonly failure?: TshornError;
  readonly expiring: readonly string[];
  readonly openKeys: readonly string[];
  readonly incomplete: readonly string[];
}

/** Never throws: a failure is a finding. */
export async function examine(config: Config): Promise<CertificateFindings> {
  const openKeys = [...new Set(config.keyfile)].filter(isReadableByAll);
  try {
    const set = await readCertificates(config);
    refuseByDates(set);
    const expiring = set.facts.flatMap((one) => expiryWarning(one, Date.now()) ?? []);
    return { expiring, openKeys, incomplete: incompleteOf(set, config.certfile) };
  } catch (error) {
    if (!(error instanceof TshornError)) throw error;
    return { failure: error, expiring: [], openKeys, incomplete: [] };
  }
}

const incompleteOf = ({ pairs }: CertificateSet, certfile: readonly string[]): string[] =>
  pairs.flatMap(({ cert }, at) => withoutIssuer(certfile[at] as string, cert));

/** A chain has to end with a certificate that a root has signed: a client knows roots alone. */
function withoutIssuer(file: string, chain: string): string[] {
  const last = blocksOf(chain).at(-1);
  const { subject, issuer } = new X509Certificate(last?.text ?? '');
  const isRoot = (pem: string) => new X509Certificate(pem).subject === issuer;
  if (subject === issuer || tls.rootCertificates.some(isRoot)) return [];
  return [`${file} ends with one that "${issuer.replaceAll('\n', ', ')}" has signed`];
}
