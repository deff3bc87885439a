import type { WebSocketLike, WebSocketServerLike } from '@tshorn/worker/survive';

export type Upgrader = WebSocketServerLike<WebSocketLike>;

/**
 * Stands for every WebSocketServer of an engine. Engine.IO makes a new one whenever the HTTP server begins to listen;
 * `survive` of the `ws` integration sees only this object, and needs to be called only once.
 */
export class UpgradeProxy implements Upgrader {
  readonly #listeners: Parameters<Upgrader['on']>[] = [];
  #upgrade: Upgrader['handleUpgrade'] = () => {};

  handleUpgrade: Upgrader['handleUpgrade'] = (...args) => this.#upgrade(...args);

  /** Must be called before the first `attach`. */
  on(...listener: Parameters<Upgrader['on']>): void {
    this.#listeners.push(listener);
  }

  /** From now on, upgrades of this server pass through the proxy; the server's own method performs them. */
  attach(server: Upgrader): void {
    const own = server.handleUpgrade.bind(server);
    for (const listener of this.#listeners) server.on(...listener);
    server.handleUpgrade = (...args) => {
      this.#upgrade = own;
      this.handleUpgrade(...args);
    };
  }
}
