/** The first moments of a WebSocket in the worker that it has moved to: nothing is read before it is restored. */
import { stackOf } from '@tshorn/core';
import { SERVICE_RESTART } from './close-frame.ts';
import { pause, resume } from './ws-internals.ts';

interface Client {
  close(code?: number, reason?: string): void;
  listenerCount(event: string): number;
  on(event: string, listener: (...args: unknown[]) => void): unknown;
  off(event: string, listener: (...args: unknown[]) => void): unknown;
}

/**
 * How long a message may wait for somebody to listen to it. No ping is answered meanwhile, and an app that only sends
 * never listens: clients of one that beats its heart should not lose patience.
 */
const LISTENER_WITHIN_MS = 1_000;

/** Called in the tick of 'connection', after it. */
export function goOn(client: Client, restore: () => void | PromiseLike<void>): void {
  const fail = (error: unknown) => {
    // A new worker that crashed would take all its other clients with it.
    process.stderr.write(`survive(): restore() threw: ${stackOf(error)}\n`);
    resume(client);
    client.close(SERVICE_RESTART, 'service restart');
  };
  try {
    const restored = restore();
    if (typeof restored?.then !== 'function') return awaitListener(client);
    pause(client);
    restored.then(() => {
      resume(client);
      awaitListener(client);
    }, fail);
  } catch (error) {
    fail(error);
  }
}

/** An app may ask a database before it listens: its client may have said something long ago. */
function awaitListener(client: Client): void {
  if (client.listenerCount('message') > 0) return;
  pause(client);
  const listens = (event: unknown) => {
    if (event === 'message') go();
  };
  const go = () => {
    clearTimeout(timer);
    client.off('newListener', listens);
    setImmediate(() => resume(client));
  };
  const timer = setTimeout(go, LISTENER_WITHIN_MS).unref();
  client.on('newListener', listens);
}
