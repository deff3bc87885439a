/**
 * UDP sockets that an app binds while it loads. In a worker node:cluster asks the master, over the channel, which keeps no process
 * alive: until the answer nothing is pending, and the app may yet listen (pending-work.ts).
 */
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { EventEmitter } from 'node:events';
import { keepAliveUntilBound } from './other-listeners.ts';

/** https://nodejs.org/api/diagnostics_channel.html#udp */
const CREATED = 'udp.socket';
/** A socket that is never bound holds up the refusal of an app no longer. */
const MOST_MS = 5_000;

/** Until the returned function is called. */
export function awaitUdpBinds(): () => void {
  const created = (message: unknown) => {
    const { socket } = message as { readonly socket: EventEmitter };
    setTimeout(keepAliveUntilBound(socket), MOST_MS).unref();
  };
  subscribe(CREATED, created);
  return () => void unsubscribe(CREATED, created);
}
