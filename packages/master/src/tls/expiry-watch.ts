/** Warns of certificates whose end is near: one line a day for each. Created by the Certificates. */
import type { Logger } from '../log.ts';
import type { CertificateFacts } from './certificate-facts.ts';
import { datesProblem, expiryWarning } from './expiry.ts';

const LOOK_EVERY_MS = 3_600_000;
const DAY_MS = 86_400_000;

export class ExpiryWatch {
  readonly #log: Logger;
  readonly #facts: () => readonly CertificateFacts[];
  /** When the last line about one was written, by file and end. */
  readonly #warned = new Map<string, number>();
  readonly #timer = setInterval(() => this.look(), LOOK_EVERY_MS).unref();

  constructor(log: Logger, facts: () => readonly CertificateFacts[]) {
    this.#log = log;
    this.#facts = facts;
  }

  look(now = Date.now()): void {
    for (const facts of this.#facts()) {
      const problem = datesProblem(facts, now);
      const text = problem ? `${problem}: clients refuse it` : expiryWarning(facts, now);
      const key = `${facts.file} ${facts.notAfter}`;
      if (text === undefined || now - (this.#warned.get(key) ?? 0) < DAY_MS) continue;
      this.#warned.set(key, now);
      const { file, names, notBefore, notAfter } = facts;
      this.#log[problem ? 'error' : 'warn'](
        {
          event: now < notBefore ? 'certificate-not-yet-valid' : 'certificate-expires',
          file,
          names,
          notAfter: new Date(notAfter).toISOString(),
        },
        text,
      );
    }
  }

  close(): void {
    clearInterval(this.#timer);
  }
}
