/**
 * Engine.IO makes a new WebSocketServer whenever the HTTP server begins to listen. What survives is behind one door,
 * and need not know.
 */
import type { WebSocketLike, WebSocketServerLike } from '../websocket.ts';

export type Upgrader = WebSocketServerLike<WebSocketLike>;

/** What stands for all WebSocketServers of an engine: whoever survives behind it need not know that they change. */
export class Door implements Upgrader {
  readonly #listeners: Parameters<Upgrader['on']>[] = [];
  #upgrade: Upgrader['handleUpgrade'] = () => {};

  handleUpgrade: Upgrader['handleUpgrade'] = (...args) => this.#upgrade(...args);

  /** Before any server is led to it. */
  on(...listener: Parameters<Upgrader['on']>): void {
    this.#listeners.push(listener);
  }

  /** Upgrades of this server go through the door, and by the server's own means. */
  lead(server: Upgrader): void {
    const own = server.handleUpgrade.bind(server);
    for (const listener of this.#listeners) server.on(...listener);
    server.handleUpgrade = (...args) => {
      this.#upgrade = own;
      this.handleUpgrade(...args);
    };
  }
}
