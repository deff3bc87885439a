/** The days of certificates, for people. Pure. */
import type { CertificateFacts } from './certificate-files.ts';

const DAY_MS = 86_400_000;
/** Someone can still look into it. */
const WARN_DAYS = 14;

/** Milliseconds before its end from which a certificate is warned of: 14 days, or a third of the life of a short one. */
export const warnBefore = ({ notBefore, notAfter }: CertificateFacts): number =>
  Math.min(WARN_DAYS * DAY_MS, (notAfter - notBefore) / 3);

/** The fault of its dates, in words; undefined where it is valid. */
export function datesProblem(
  { file, notBefore, notAfter }: CertificateFacts,
  now: number,
): string | undefined {
  if (now > notAfter) return `certfile: ${file} has expired on ${dayOf(notAfter)}`;
  if (now < notBefore) return `certfile: ${file} is not valid before ${new Date(notBefore).toISOString()}`;
  return undefined;
}

/** A warning of a certificate whose end is near; undefined where there is none. */
export function expiryWarning(facts: CertificateFacts, now: number): string | undefined {
  const left = facts.notAfter - now;
  if (left <= 0 || left > warnBefore(facts)) return undefined;
  const days = Math.floor(left / DAY_MS);
  const time = days > 1 ? `${days} days` : `${Math.max(1, Math.round(left / 3_600_000))} hours`;
  return `the certificate of ${titleOf(facts)} expires in ${time}, on ${dayOf(facts.notAfter)}: renew ${facts.file}; the new one is used as soon as it is there`;
}

export const titleOf = ({ names, file }: CertificateFacts): string => names[0] ?? file;

/** `2026-11-29` */
export const dayOf = (ms: number): string => new Date(ms).toISOString().slice(0, 10);

/** `example.com and 2 more (until 2027-01-31)` */
export function describeCertificate(facts: CertificateFacts): string {
  const more = facts.names.length - 1;
  return `${titleOf(facts)}${more > 0 ? ` and ${more} more` : ''} (until ${dayOf(facts.notAfter)})`;
}
