/** The certificates that clients are shown: docs/tls.md. */
import { type Check, failed, type Outcome } from '../check.ts';
import type { CertificatesFacts, Facts } from '../facts.ts';

/** Judges a list of findings, which are sentences. */
const found =
  (level: 'warning' | 'note', listOf: (facts: CertificatesFacts) => readonly string[]) =>
  ({ certificates }: Facts): Outcome => {
    if (!certificates) return 'not applicable';
    const list = listOf(certificates);
    return list.length === 0 ? 'ok' : { level, seen: list.join('; ') };
  };

export const CERTIFICATE_CHECKS: readonly Check[] = [
  {
    id: 'certificate',
    group: 'Configuration',
    levels: ['error'],
    title: 'A certificate cannot be used',
    why: 'the start ends with exit code 2, and a new certificate is refused while the old one serves on',
    mend: 'correct what the line names',
    run: ({ certificates }) => {
      if (!certificates) return 'not applicable';
      return certificates.failure ? failed(certificates.failure) : 'ok';
    },
  },
  {
    id: 'certificate-expires',
    group: 'Configuration',
    levels: ['warning'],
    title: 'A certificate expires soon',
    why: 'after that day clients refuse the connection',
    mend: 'renew it; the new file is used as soon as it is there',
    run: found('warning', ({ expiring }) => expiring),
  },
  {
    id: 'key-open',
    group: 'Configuration',
    levels: ['warning'],
    title: 'Every user of the machine can read a private key',
    why: 'whoever has it can pass for this server',
    mend: 'chmod o-r FILE; the master alone reads it, with its own rights',
    run: found('warning', ({ openKeys }) => openKeys),
  },
  {
    id: 'chain-incomplete',
    group: 'Configuration',
    levels: ['note'],
    title: 'A certificate comes without the one that has signed it',
    why: 'clients that do not know that one refuse the connection, and browsers hide it, because they fetch what is missing',
    mend: 'append the certificates between it and the root, as in fullchain.pem of certbot; an authority of your own needs nothing',
    run: found('note', ({ incomplete }) => incomplete),
  },
];
