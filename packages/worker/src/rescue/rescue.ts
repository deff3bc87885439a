/** The rescue of a worker's connections, as the master calls it through the debugger in a worker that hangs (master/src/hang). */
import type { Meter } from '../meter.ts';
import type { HandedOut, HandOut } from './hand-out.ts';

/** The master calls the function under this key of the global object. */
export const RESCUE = Symbol.for('tshorn.rescue');

export interface Rescued extends HandedOut {
  /** Requests that have begun and have not been answered: they stay. */
  readonly openRequests: number;
}

/** For the debugger: to be called when the worker is in service. */
export function offerRescue(handOut: HandOut, meter: Meter): void {
  const value = (): Rescued => ({ ...handOut.all(), openRequests: meter.open().length });
  Object.defineProperty(globalThis, RESCUE, { value, configurable: true, writable: true });
}
