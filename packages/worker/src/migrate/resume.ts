/** The first moments of a WebSocket in the worker that it has moved to: no message comes before it is restored. */
import { describeThrown, withDeadline } from '@tshorn/core';
import { SERVICE_RESTART } from './close-frame.ts';
import { pause, unpause } from './ws-internals.ts';

interface Client {
  close(code?: number, reason?: string): void;
  listenerCount(event: string): number;
  emit(event: string, ...args: unknown[]): boolean;
  on(event: string, listener: (...args: unknown[]) => void): unknown;
  off(event: string, listener: (...args: unknown[]) => void): unknown;
}

/** Until `restore` settles the client is paused, and cannot move on either. */
const RESTORE_WITHIN_MS = 10_000;
/** Messages wait this long for a listener. */
const LISTENER_WITHIN_MS = 2_000;
/** No more messages than these are kept: without a listener they are lost in any app. */
const MOST = 1_000;

const waiting = new WeakSet<object>();

/** True while messages of this client wait for a listener of the app. */
export const isWaiting = (client: object): boolean => waiting.has(client);

/**
 * Called in the tick of 'connection', after it.
 * @param failed receives the reason why the app could not restore the client, which is then closed with 1012
 */
export function resume(
  client: Client,
  restore: () => void | PromiseLike<void>,
  failed: (reason: string) => void,
): void {
  // An error must not be thrown: a new worker that crashed would take all its other clients with it.
  const fail = (reason: string) => {
    failed(reason);
    unpause(client);
    client.close(SERVICE_RESTART, 'service restart');
  };
  try {
    const restored = restore();
    if (typeof restored?.then !== 'function') return awaitListener(client);
    pause(client);
    void settle(client, Promise.resolve(restored), fail);
  } catch (error) {
    fail(`restore() threw: ${describeThrown(error)}`);
  }
}

async function settle(
  client: Client,
  restored: Promise<void>,
  fail: (reason: string) => void,
): Promise<void> {
  const late = new Error();
  try {
    await withDeadline(restored, RESTORE_WITHIN_MS, () => late);
  } catch (error) {
    const reason = `restore() did not settle within ${RESTORE_WITHIN_MS / 1000} s`;
    return fail(error === late ? reason : `restore() threw: ${describeThrown(error)}`);
  }
  unpause(client);
  awaitListener(client);
}

/**
 * An app may ask a database before it listens, and its client may have sent something long ago. Only messages wait: an
 * app that never listens, since it only sends, still answers pings.
 */
function awaitListener(client: Client): void {
  if (client.listenerCount('message') > 0) return;
  const messages: unknown[][] = [];
  const { emit } = client;
  client.emit = (event, ...args) => {
    // The order stays: while one message waits, all wait.
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
  // 'newListener' comes before the listener is there, and the app may have more to do in this turn.
  const listens = (event: unknown) => {
    if (event === 'message') setImmediate(give);
  };
  const timer = setTimeout(give, LISTENER_WITHIN_MS).unref();
  client.on('newListener', listens);
}
