/**
 * The figures of a server: counts of its workers, its notices, and its status, as metrics and as snapshots. They are for
 * people and programs that look at it; nothing here decides anything. Created by the master.
 */
import type { Notice } from './decide/notice.ts';
import type { Family } from './metrics/family.ts';
import { Registry } from './metrics/registry.ts';
import type { MasterStatus } from './status.ts';

export class Observed {
  readonly registry = new Registry();
  readonly #status: () => MasterStatus;

  constructor(status: () => MasterStatus) {
    this.#status = status;
  }

  /** Called for each notice, in order. */
  notice(notice: Notice): void {
    this.registry.notice(notice);
  }

  /** All that the master knows, now. No worker is asked. */
  async families(): Promise<Family[]> {
    // Loaded when the first one looks.
    const { familiesOf } = await import('./metrics/families.ts');
    return familiesOf(this.registry, this.#status());
  }
}
