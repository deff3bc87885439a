/**
 * Contains an exception that nobody catches: it is reported as Node reports it, the request that caused it is settled, and
 * the worker waits for its last drain instead of dying. The Worker creates it when the app is loaded.
 */
import type { Culprit, ToMaster } from '@tshorn/core';
import { isOwn } from '../app/app-frames.ts';
import type { Meter } from '../meter.ts';
import { sayGoodbye } from '../migrate/close-frame.ts';
import { hasNodeFlag } from '../node-flag.ts';
import type { Attribution } from './attribution.ts';
import { reportCrash } from './crash-report.ts';
import { reasonOf } from './reason.ts';
import { settle } from './settle.ts';

/** The drain ends by itself at the end of the grace; after this time more, no order has come. */
const MARGIN_MS = 1_000;

interface ContainmentSettings {
  /** Milliseconds; 0: nothing is contained. */
  readonly crashGrace: number;
  readonly meter: Meter;
  readonly attribution: Attribution;
  /** The worker has been admitted, and the app's own clean-up has not begun. */
  readonly isInService: () => boolean;
  /** Accepts no more, and never again. */
  readonly stopAccepting: () => void;
  readonly send: (message: ToMaster) => Promise<void>;
}

/** Says where a thrown string comes from, for example; only Node's own end of the process can. */
const TRACES = '--trace-uncaught';

const mustEnd = (thrown: unknown): boolean => hasNodeFlag(TRACES) || isOwn(thrown);

export class Containment {
  readonly #settings: ContainmentSettings;
  #isFailing = false;
  #alone: NodeJS.Timeout | undefined;

  constructor(settings: ContainmentSettings) {
    this.#settings = settings;
  }

  get isFailing(): boolean {
    return this.#isFailing;
  }

  /** @returns false for an exception that ends the process, as Node does it */
  contain(thrown: unknown, origin: unknown): boolean {
    const { crashGrace, isInService, stopAccepting, send } = this.#settings;
    // The app's own listener decides what an exception means.
    if (process.listenerCount('uncaughtException') > 0) return false;
    // Node ends the process now. What is written here still leaves: the kernel takes it in this turn.
    if (this.#isFailing) this.#settleCulprit();
    if (this.#isFailing || crashGrace === 0 || !isInService() || mustEnd(thrown)) return false;
    this.#isFailing = true;
    reportCrash(thrown, origin !== 'unhandledRejection');
    stopAccepting();
    const culprit = this.#settleCulprit();
    void send({ type: 'crashed', reason: reasonOf(thrown), culprit });
    // The master may be paused, or gone.
    this.#alone = setTimeout(() => this.exit(), crashGrace + MARGIN_MS);
    return true;
  }

  /** The master has ordered the drain, which has a deadline of its own: a late one must not be cut off in the middle. */
  ordered(): void {
    clearTimeout(this.#alone);
  }

  /** Ends the process with the exit code that Node would have used. */
  exit(): never {
    process.exitCode ??= 1;
    process.exit();
  }

  #settleCulprit(): Culprit {
    const { attribution, meter } = this.#settings;
    const suspect = attribution.suspect();
    if (suspect) {
      const culprit = settle(suspect, 500);
      const stopped = attribution.stopped();
      // This one has had its answer. The next request would never be read, and is not to be sent.
      if (culprit.cost === 'none' && stopped) sayGoodbye(stopped);
      return culprit;
    }
    return { cost: meter.open().length === 0 ? 'none' : 'unknown' };
  }
}
