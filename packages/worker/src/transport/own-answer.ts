/** Marks the answers that the worker gives in place of the app: they are no traffic, and a 503 among them no error of the app. */
import { isInProcess } from './in-process.ts';
import type { Exchange } from './transport.ts';

/** Present once there has been one: the end of each request asks for it. */
let own: WeakSet<object> | undefined;

/** Called before its response is written. */
export function markOwnAnswer(response: object): void {
  own ??= new WeakSet();
  own.add(response);
}

/** True for a request that a client has sent and the app answers: these are counted. */
export const isTraffic = ({ response, socket }: Pick<Exchange, 'response' | 'socket'>): boolean =>
  !isInProcess(socket) && !own?.has(response);
