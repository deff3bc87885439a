/**
 * The control socket, as the master sees it: opened after the first workers are forked, closed at the very end. A start
 * loads only this small file; ./server.ts, and `node:http` with it, is loaded when the first client connects. The other
 * end is tshorn/src/commands/control/client.ts.
 */
import type net from 'node:net';
import { describeThrown } from '@tshorn/core';
import type { Logger } from '../log.ts';
import type { Answering, Controlled } from './controlled.ts';
import type { ControlServer } from './server.ts';
import { type PlacedSocket, placeSocket, removeStaleSockets } from './socket-file.ts';

export interface ControlSettings {
  readonly master: Controlled;
  readonly log: Logger;
  /** Absolute path of the socket. */
  readonly path: string;
  /** The path is the default: tshorn makes its directory and removes stale sockets from it. */
  readonly isDefault: boolean;
}

/** Time that a client has to read its last line when the master ends. */
const LAST_LINES_MS = 500;

export class Control implements Answering {
  readonly path: string;
  readonly master: Controlled;
  /** Why there is no socket; undefined while there is one. */
  problem: string | undefined;
  readonly #log: Logger;
  readonly #isDefault: boolean;
  readonly #sockets = new Set<net.Socket>();
  #server: Promise<ControlServer> | undefined;
  #placed: PlacedSocket | undefined;

  constructor({ master, log, path, isDefault }: ControlSettings) {
    this.path = path;
    this.master = master;
    this.#log = log;
    this.#isDefault = isDefault;
  }

  /**
   * Never rejects: a server without a control socket still serves. `problem` says why there is none.
   * @param replaces takes the path from another master
   */
  async open(replaces: boolean): Promise<this> {
    this.problem = undefined;
    try {
      const connected = (socket: net.Socket) => void this.#connected(socket);
      this.#placed = await placeSocket(this.path, this.#isDefault, connected, replaces);
      this.#log.info({ event: 'control', path: this.path }, `control socket: ${this.path}`);
      if (this.#isDefault) await removeStaleSockets(this.path);
    } catch (error) {
      const reason = error instanceof Error ? error.message : describeThrown(error);
      this.problem = reason;
      this.#log.warn(
        { event: 'no-control', path: this.path },
        `no control socket, so tshorn reload and tshorn status cannot reach this master: ${reason}; ` +
          'name another path with --control, or say --no-control',
      );
    }
    return this;
  }

  /** The new master is active and has the path. Connected clients stay. */
  leave(): void {
    this.#placed?.close();
    this.#placed = undefined;
  }

  /** A new master that has failed may have put its own socket in the place of this one. */
  async reclaim(): Promise<void> {
    const before = this.#placed;
    if (before?.isThere()) return;
    await this.open(true);
    // Where no socket can be placed, this one serves again when its file is back.
    if (this.#placed !== before) before?.close();
  }

  /** Ends all connections; resolves when the last lines are on their way. */
  async close(): Promise<void> {
    this.#placed?.close();
    await this.#server?.then((server) => server.close());
    for (const socket of this.#sockets) socket.destroySoon();
    const timer = setTimeout(() => {
      for (const socket of this.#sockets) socket.destroy();
    }, LAST_LINES_MS);
    await Promise.all(
      [...this.#sockets].map((socket) => new Promise((resolve) => socket.once('close', resolve))),
    );
    clearTimeout(timer);
  }

  async #connected(socket: net.Socket): Promise<void> {
    this.#sockets.add(socket);
    socket.once('close', () => this.#sockets.delete(socket));
    // A client that goes away in the middle costs nobody else anything.
    socket.on('error', () => {});
    try {
      this.#server ??= this.#load();
      (await this.#server).serve(socket);
    } catch (error) {
      this.#log.error(`control socket: ${describeThrown(error)}`);
      socket.destroy();
    }
  }

  async #load(): Promise<ControlServer> {
    try {
      const { ControlServer: Server } = await import('./server.ts');
      return new Server(this);
    } catch (error) {
      // Its file may be gone, since an upgrade of tshorn: the next client tries again, and the end has nothing to close.
      this.#server = undefined;
      throw error;
    }
  }
}
