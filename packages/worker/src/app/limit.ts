/**
 * `server.maxConnections` in a worker: a full worker stops accepting, so that its connections wait for a worker with
 * room. Without this, Node would accept and drop them. With `server.dropMaxConnection` it does: node:cluster defines both
 * (https://nodejs.org/api/net.html#serverdropmaxconnection). Costs a connection nothing while no maximum is set.
 */
import type net from 'node:net';
import { onConnectionEnd } from './connection-ends.ts';

interface Counted {
  readonly _connections?: number;
  readonly dropMaxConnection?: boolean;
}

export class Limit {
  readonly #server: net.Server & Counted;
  readonly #onChange: () => void;
  #max: unknown;
  #isFull = false;
  #unwatch: (() => void) | undefined;

  /** @param onChange is called when the server has become full, and when it has room again */
  constructor(server: net.Server, onChange: () => void) {
    this.#server = server as net.Server & Counted;
    this.#onChange = onChange;
    this.#set(server.maxConnections);
    // An app may set it at any time.
    Object.defineProperty(server, 'maxConnections', {
      get: () => this.#max,
      set: (max) => this.#set(max),
      enumerable: true,
      configurable: true,
    });
  }

  get isFull(): boolean {
    return this.#isFull;
  }

  #set(max: unknown): void {
    this.#max = max;
    const isSet = typeof max === 'number' && max > 0;
    if (isSet && !this.#unwatch) this.#watch();
    else if (!isSet) {
      this.#unwatch?.();
      this.#unwatch = undefined;
    }
    this.look();
  }

  #watch(): void {
    const look = () => this.look();
    const server = this.#server;
    server.on('connection', look);
    const end = onConnectionEnd(server, look);
    this.#unwatch = () => {
      server.off('connection', look);
      end();
    };
  }

  /** Called when the number of connections has changed. */
  look(): void {
    const { _connections: count = 0, dropMaxConnection = false } = this.#server;
    const isFull = this.#unwatch !== undefined && !dropMaxConnection && count >= (this.#max as number);
    if (isFull === this.#isFull) return;
    this.#isFull = isFull;
    this.#onChange();
  }
}
