/**
 * Functions that the master calls through the debugger in a worker whose event loop is stuck (master/src/hang), in the middle of the
 * code that does not end; and the rest that is to be done when that code has been ended from outside and the loop turns again.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Culprit } from '@tshorn/core';
import type { Attribution, Suspect } from './attribution.ts';
import { settle } from './settle.ts';
import { unwind } from './unwind.ts';

/** The master calls the functions under this key of the global object. */
const STUCK = Symbol.for('tshorn.stuck');

/**
 * The master ends its session meanwhile: Node waits in `inspector.close()` until every session has ended, and has crashed
 * where one ended at the same moment.
 */
const SHUT_AFTER_MS = 200;
/** Node has crashed too where the process ended at the moment when a session began or ended. */
const SETTLED_AFTER_MS = 300;

const inspector = () => process.getBuiltinModule('node:inspector');

export class Stuck {
  /** Those whose code was ended; undefined for one that nobody can tell. */
  readonly #suspects: (Suspect | undefined)[] = [];
  #shutting: NodeJS.Timeout | undefined;

  /** @param onMark is called in the middle of the code that is stuck */
  constructor(attribution: Attribution, onMark: () => void) {
    const mark = () => {
      // It is stuck again, and the master looks into it.
      clearTimeout(this.#shutting);
      this.#suspects.push(attribution.suspect());
      onMark();
    };
    const shutInspector = () => {
      this.#shutting = setTimeout(() => inspector().close(), SHUT_AFTER_MS).unref();
    };
    const value = { mark, unwind, shutInspector };
    Object.defineProperty(globalThis, STUCK, { value, configurable: true, writable: true });
  }

  /** Resolves when the process may end: at once where nobody has opened its inspector. */
  async settleInspector(): Promise<void> {
    if (inspector().url() !== undefined) await sleep(SETTLED_AFTER_MS);
  }

  /** Fails the requests whose code was ended, with 503 where its head was not sent, and returns the first one. */
  settle(): Culprit {
    const [culprit] = this.#suspects
      .splice(0)
      .map((suspect): Culprit => (suspect ? settle(suspect, 503) : { cost: 'unknown' }));
    return culprit ?? { cost: 'none' };
  }
}
