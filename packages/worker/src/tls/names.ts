/** The names that a certificate is for, and the choice among certificates by the name that a client asks for (SNI). */
import { X509Certificate } from 'node:crypto';
import { alternativeNames } from '@tshorn/core';

/**
 * The DNS names of the first certificate of a PEM, in small letters. Without a subject alternative name it is for its
 * common name, as older clients take it (RFC 6125, 6.4.4).
 */
export function namesOf(pem: string): string[] {
  const certificate = new X509Certificate(pem);
  const names = alternativeNames(certificate)
    .split(/,\s*/)
    .flatMap((name) => (name.startsWith('DNS:') ? name.slice('DNS:'.length) : []));
  const [, common] = /^CN=(.+)$/m.exec(certificate.subject) ?? [];
  return (names.length > 0 || !common ? names : [common]).map((name) => name.toLowerCase());
}

/**
 * Returns a choice by name: the same name before a wildcard, which stands for one label (RFC 6125, 6.4.3). Of two that are for one
 * name, the first one counts.
 */
export function chooser<Value>(
  entries: Iterable<readonly [names: readonly string[], value: Value]>,
): (name: string) => Value | undefined {
  const values = new Map<string, Value>();
  for (const [names, value] of entries)
    for (const name of names) if (!values.has(name)) values.set(name, value);
  return (asked) => {
    const name = asked.toLowerCase();
    const dot = name.indexOf('.');
    return values.get(name) ?? (dot > 0 ? values.get(`*${name.slice(dot)}`) : undefined);
  };
}
