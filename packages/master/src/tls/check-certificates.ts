/** The certificates of a configuration, looked at before a server has them. */
import type { Config } from '@tshorn/config';
import { TshornError } from '@tshorn/core';
import { readCertificates } from './certificate-files.ts';
import { datesProblem, expiryWarning } from './expiry.ts';

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
