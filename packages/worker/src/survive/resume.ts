/** The first moments of a WebSocket in the worker that it has moved to: no message comes before it is restored. */
import { describeThrown } from '@tshorn/core';
import { SERVICE_RESTART } from './close-frame.ts';
import { pause, unpause } from './ws-internals.ts';

interface Client {
  close(code?: number, reason?: string): void;
  listenerCount(event: string): number;
  emit(event: string, ...args: unknown[]): boolean;
  on(event: string, listener: (...args: unknown[]) => void): unknown;
  off(event: string, listener: (...args: unknown[]) => void): unknown;
}

/** How long messages may wait for somebody to listen to them. */
const LISTENER_WITHIN_MS = 2_000;
/** More of them are not kept: what nobody listens to is lost in any app. */
const MOST = 1_000;

/** Those whose messages wait. */
const waiting = new WeakSet<object>();

/** Whether something has come that the app has not been given yet. */
export const isWaiting = (client: object): boolean => waiting.has(client);

/**
 * Called in the tick of 'connection', after it.
 * @param failed is told why the app could not restore it; its client has been sent away
 */
export function resume(
  client: Client,
  restore: () => void | PromiseLike<void>,
  failed: (reason: string) => void,
): void {
  const fail = (error: unknown) => {
    // A new worker that crashed would take all its other clients with it.
    failed(`restore() threw: ${describeThrown(error)}`);
    unpause(client);
    client.close(SERVICE_RESTART, 'service restart');
  };
  try {
    const restored = restore();
    if (typeof restored?.then !== 'function') return awaitListener(client);
    pause(client);
    restored.then(() => {
      unpause(client);
      awaitListener(client);
    }, fail);
  } catch (error) {
    fail(error);
  }
}

/**
 * An app may ask a database before it listens, and its client may have said something long ago. Only messages wait:
 * an app that never listens, since it only sends, still answers pings.
 */
function awaitListener(client: Client): void {
  if (client.listenerCount('message') > 0) return;
  const messages: unknown[][] = [];
  const { emit } = client;
  client.emit = (event, ...args) => {
    // Behind one that waits they all wait.
    const isHeard = messages.length === 0 && client.listenerCount('message') > 0;
    if (event !== 'message' || isHeard || messages.length >= MOST) {
      return Reflect.apply(emit, client, [event, ...args]);
    }
    messages.push(args);
    waiting.add(client);
    return true;
  };
  const give = () => {
    clearTimeout(timer);
    client.off('newListener', listens);
    delete (client as Partial<Client>).emit;
    waiting.delete(client);
    for (const args of messages.splice(0)) client.emit('message', ...args);
  };
  // It is told of before the listener is there; whoever listens may have more to do in this turn.
  const listens = (event: unknown) => {
    if (event === 'message') setImmediate(give);
  };
  const timer = setTimeout(give, LISTENER_WITHIN_MS).unref();
  client.on('newListener', listens);
}
