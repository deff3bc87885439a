/** The request that a crash or a hang has cost, as the worker reports it. */
import { openRequest } from './open-request.ts';
import { literal, optional, row } from './protocol/fields.ts';

export const CULPRIT = row({
  /**
   * `answered`: with 500 or 503. `closed`: its connection, as its head had been sent, or a WebSocket. `none`: no request has
   * failed, because the code ran for none, or for one that was already answered. `unknown`: nobody can tell which one it
   * is; it is answered with 500, or closed, at the end of the grace.
   */
  cost: literal('answered', 'closed', 'none', 'unknown'),
  request: optional(openRequest),
});

export type Culprit = ReturnType<typeof CULPRIT>;
