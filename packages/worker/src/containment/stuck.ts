/**
 * What the master calls through the debugger in a worker whose event loop is stuck (master/src/hang), in the middle of the
 * code that does not end; and what is left to do when that code has been ended from outside and the loop turns again.
 */
import type http from 'node:http';
import type { Culprit } from '@tshorn/core';
import { toOpenRequest } from '../in-flight.ts';
import { begun } from '../meter.ts';
import { culpritNow } from './culprit.ts';
import { settle } from './settle.ts';
import { unwind } from './unwind.ts';

/** The master calls the functions under this key of the global object. */
const STUCK = Symbol.for('tshorn.stuck');

export class Stuck {
  /** Those whose code was ended; undefined for one that nobody can tell. */
  readonly #responses = new Set<http.ServerResponse | undefined>();

  /** @param onMark is called in the middle of the code that is stuck */
  constructor(onMark: () => void) {
    const mark = () => {
      this.#responses.add(culpritNow());
      onMark();
    };
    const value = { mark, unwind };
    Object.defineProperty(globalThis, STUCK, { value, configurable: true, writable: true });
  }

  /** Fails the requests whose code was ended, with 503 where its head was not sent, and returns the first one. */
  settle(): Culprit {
    const [culprit] = [...this.#responses].map(settled);
    this.#responses.clear();
    return culprit ?? { cost: 'none' };
  }
}

function settled(response: http.ServerResponse | undefined): Culprit {
  if (!response) return { cost: 'unknown' };
  const request = toOpenRequest(begun(response));
  return { cost: settle(response, 503), request };
}
