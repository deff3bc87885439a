/** Marks the answers that the worker gives in place of the app: they are no traffic, and a 503 among them no error of the app. */
import { isInProcess } from './in-process.ts';
import type { Exchange } from './transport.ts';

/** Present once there has been one: the end of each request asks for it. */
let own: WeakMap<object, string | undefined> | undefined;

/**
 * Called before its response is written.
 * @param shed why the request was shed, for the access log
 */
export function markOwnAnswer(response: object, shed?: string): void {
  own ??= new WeakMap();
  own.set(response, shed);
}

/** Why a request was shed; undefined for all others. */
export const whyShed = (response: object | undefined): string | undefined => response && own?.get(response);

/** True for a request that a client has sent and the app answers: these are counted. */
export const isTraffic = ({ response, socket }: Pick<Exchange, 'response' | 'socket'>): boolean =>
  !isInProcess(socket) && !own?.has(response);
