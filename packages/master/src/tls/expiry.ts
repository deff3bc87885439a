/** The days of certificates, for people. Pure. */
import type { CertificateFacts } from './certificate-facts.ts';

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

/**
 * The fault of new certificates that would take a valid one out of service: one that is not valid now stands in the place of
 * one that is, or has a name that no other valid one has. In any other case it hinders none of the others.
 */
export function lossOfDates(
  serving: readonly CertificateFacts[],
  next: readonly CertificateFacts[],
  now: number,
): string | undefined {
  const isValid = (one: CertificateFacts) => datesProblem(one, now) === undefined;
  const covered = new Set(next.filter(isValid).flatMap(({ names }) => names));
  const replaces = (bad: CertificateFacts, one: CertificateFacts) =>
    bad.file === one.file || one.names.some((name) => bad.names.includes(name) && !covered.has(name));
  const bad = next.find((one) => !isValid(one) && serving.some((old) => isValid(old) && replaces(one, old)));
  return bad && `${datesProblem(bad, now)}, and the one before it is valid`;
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
