/**
 * The servers that the app has opened beside the one that tshorn serves. They drain with the worker: they stop accepting,
 * finish their requests, and accept again if the reload is rolled back. Their connections do not move. While the worker
 * serves, only their connections are kept in a list; requests cost nothing. The Worker creates it.
 */
import type net from 'node:net';
import type { Socket } from 'node:net';
import { describeThrown } from '@tshorn/core';
import type { DrainingConnections } from '../transport/transport.ts';
import { OtherServer } from './other-server.ts';
import { OwnClients } from './own-clients.ts';

export class OtherServers {
  readonly #servers = new Map<net.Server, OtherServer>();
  readonly #warn: (text: string) => void;
  #clients: OwnClients | undefined;
  #drain: OthersDrain | undefined;

  /** @param warn a line for the log */
  constructor(warn: (text: string) => void) {
    this.#warn = warn;
  }

  /**
   * Called when a server of the app listens.
   * @param args of its `listen()`
   */
  add(server: net.Server, args: readonly unknown[]): void {
    if (this.#servers.has(server)) return;
    this.#clients ??= new OwnClients();
    const other = new OtherServer(server, args);
    this.#servers.set(server, other);
    server.once('close', () => this.#servers.delete(server));
    this.#drain?.join(other);
  }

  /** The number of open connections, without those that this process has with itself. */
  count(): number {
    const sockets = [...this.#servers.values()].flatMap((server) => server.sockets());
    return sockets.length === 0 ? 0 : (this.#clients?.foreign(sockets).length ?? 0);
  }

  webSockets(): Socket[] {
    return [...this.#servers.values()].flatMap((server) => server.webSockets());
  }

  /** Stops accepting, and begins to close. */
  drain(): DrainingConnections {
    this.#drain = new OthersDrain(this.#servers.values());
    return this.#drain;
  }

  /** Accepts again. */
  async resume(): Promise<void> {
    this.#drain = undefined;
    const resumed = [...this.#servers.values()].map((server) => server.resume());
    for (const outcome of await Promise.allSettled(resumed)) {
      if (outcome.status === 'rejected') {
        this.#warn(
          `the worker serves again, but not on another port of the app: ${describeThrown(outcome.reason)}`,
        );
      }
    }
  }
}

class OthersDrain implements DrainingConnections {
  readonly #servers: OtherServer[] = [];
  readonly #connections: DrainingConnections[] = [];
  #closing = false;

  constructor(servers: Iterable<OtherServer>) {
    for (const server of servers) this.join(server);
  }

  join(server: OtherServer): void {
    server.pause();
    this.#servers.push(server);
    const connections = server.drain();
    if (!connections) return;
    this.#connections.push(connections);
    if (this.#closing) connections.beginClosing();
  }

  beginClosing(): void {
    this.#closing = true;
    for (const connections of this.#connections) connections.beginClosing();
  }

  closeIdle(lingerMs: number, now: number): number {
    return this.#connections.reduce((sum, connections) => sum + connections.closeIdle(lingerMs, now), 0);
  }

  forceClose(): void {
    for (const server of this.#servers) server.forceClose();
  }

  release(): void {
    for (const connections of this.#connections) connections.release();
  }
}
