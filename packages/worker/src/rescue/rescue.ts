/**
 * Where the rescue of a worker's connections begins: the master calls it through the debugger in a worker that hangs
 * (master/src/hang), and the worker itself when it exits while it serves. All is synchronous.
 */
import type { Meter } from '../meter.ts';
import type { HandedOut, HandOut } from './hand-out.ts';

/** The master calls the function under this key of the global object. */
export const RESCUE = Symbol.for('tshorn.rescue');

export interface Rescued extends HandedOut {
  /** Requests that have begun and have not been answered: they stay. */
  readonly openRequests: number;
}

/** To be called when the worker is in service. */
export function offerRescue(handOut: HandOut, meter: Meter): void {
  const value = (): Rescued => ({ ...handOut.all(), openRequests: meter.open().length });
  Object.defineProperty(globalThis, RESCUE, { value, configurable: true, writable: true });
  // `process.exit()`, whoever calls it; a worker that has drained has nothing left.
  process.once('exit', () => void value());
}
