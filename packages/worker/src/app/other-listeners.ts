/** The listeners that an app opens beside its own server: node:cluster opens them. */
import { type EventEmitter, errorMonitor } from 'node:events';
import type net from 'node:net';

/** Members of net.Server since Node 0.x. */
const internals = (server: net.Server) =>
  server as unknown as { _handle?: { ref(): void; unref(): void } | null; _unref?: boolean };

export class OtherListeners {
  /** Those that have been opened before the release. */
  readonly early: net.Server[] = [];
  #released = false;

  /** To be called before the server listens. @param onListening is called when it does */
  opening(server: net.Server, onListening: () => void): void {
    if (!this.#released) keepAliveUntilBound(server);
    server.once('listening', () => {
      onListening();
      if (this.#released) return;
      this.early.push(server);
      // A listener is no work that could still lead to the app (pending-work.ts).
      internals(server)._handle?.unref();
    });
  }

  /** The app is found: the listeners keep the process alive, as they do under node. */
  release(): void {
    this.#released = true;
    // Unless the app itself has called unref().
    for (const server of this.early) if (!internals(server)._unref) internals(server)._handle?.ref();
  }
}

/** The master's answer comes over the channel, which does not keep the process alive while the app loads. */
export function keepAliveUntilBound(server: EventEmitter): () => void {
  const timer = setInterval(() => {}, 1_000);
  // An 'error' listener of ours would hide from the app that it has none.
  const events = ['listening', errorMonitor, 'close'];
  const stop = () => {
    clearInterval(timer);
    for (const event of events) server.off(event, stop);
  };
  for (const event of events) server.once(event, stop);
  return stop;
}

/**
 * Reports the address of a listener if it still listens in the next turn: a library that looks for a free port opens one
 * and closes it at once.
 */
export function reportIfItStays(server: net.Server, report: (address: string) => void): void {
  setImmediate(() => {
    const address = server.listening ? addressOf(server) : undefined;
    if (address !== undefined) report(address);
  });
}

export function addressOf(server: net.Server): string | undefined {
  const address = server.address();
  if (address === null) return undefined;
  if (typeof address === 'string') return `unix:${address}`;
  return `${address.family === 'IPv6' ? `[${address.address}]` : address.address}:${address.port}`;
}
