/**
 * The requests in flight, as they are reported to people. The master asks through the inspector when this process hangs
 * (master/src/hang/inspector.ts), so the answer is synchronous.
 */
import type http from 'node:http';
import type { OpenRequest } from '@tshorn/core';
import { pathOf } from '@tshorn/core';
import type { Begun, Meter } from './meter.ts';
import { idOf } from './request-id.ts';

const WARNED = Symbol('tshorn.warned');

/** The master calls the function under this key of the global object, in a process that hangs. */
export const IN_FLIGHT = Symbol.for('tshorn.in-flight');

/** Functions that are called when the master looks into this process: it may be about to kill it. */
export const beforeInspection = new Set<() => void>();

type Warned = http.IncomingMessage & { [WARNED]?: true };

/** Longer lists are not read. */
const MOST = 20;

export class InFlight {
  readonly #meter: Meter;

  constructor(meter: Meter) {
    this.#meter = meter;
    const value = () => {
      for (const act of beforeInspection) act();
      return this.list();
    };
    Object.defineProperty(globalThis, IN_FLIGHT, { value, configurable: true, writable: true });
  }

  /** The newest first: a loop that is stuck is often stuck in that one. */
  list(): OpenRequest[] {
    const open = this.#meter.open().sort((one, other) => other.begunAt - one.begunAt);
    return open.slice(0, MOST).map(toOpenRequest);
  }

  /**
   * The same, and the newest request even if it has ended, where it began in this time: it may be why the loop was late.
   * One that is older has most likely ended before.
   */
  around(lastMs: number): OpenRequest[] {
    const { newest } = this.#meter;
    const isOpen = this.#meter.open().some(({ response }) => response === newest?.response);
    const isOld = newest !== undefined && performance.now() - newest.begunAt > lastMs;
    return !newest || isOpen || isOld ? this.list() : [toOpenRequest(newest), ...this.list()];
  }

  /** Requests that have waited for this long for their response's headers; each is reported once. */
  waiting(longerThanMs: number): { requests: OpenRequest[]; more: number } {
    const begunBefore = performance.now() - longerThanMs;
    const late = this.#meter.open().filter(({ response, begunAt }) => {
      return waitsForApp(response) && !(response.req as Warned)[WARNED] && begunAt <= begunBefore;
    });
    for (const { response } of late) (response.req as Warned)[WARNED] = true;
    return { requests: late.slice(0, MOST).map(toOpenRequest), more: Math.max(0, late.length - MOST) };
  }
}

/** A stream of events, a slow download and a slow upload do not wait for the app. */
export const waitsForApp = ({ req, headersSent }: http.ServerResponse): boolean =>
  req.complete && !headersSent;

export function toOpenRequest({ response, begunAt }: Begun): OpenRequest {
  const { method = '', url = '' } = response.req;
  const id = idOf(response);
  return {
    method,
    path: pathOf(url),
    ...(id !== undefined && { id }),
    ageMs: Math.round(performance.now() - begunAt),
    answering: response.headersSent && !response.writableFinished,
  };
}
