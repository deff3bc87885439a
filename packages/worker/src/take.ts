/**
 * The receiving end of a handoff; the giving end is give.ts. A connection is owned from the moment the
 * master has been told, and not read before: if this worker dies earlier, nothing of a request is lost
 * and another worker can take it.
 */
import type http from 'node:http';
import type { Socket } from 'node:net';
import { stackOf } from '@tshorn/core';
import { worker as api } from './api.ts';
import { adopt, type RawHandle } from './http-internals.ts';

export class Takeover {
  readonly #server: http.Server;
  /** Taken over, and not a byte has come since: idle, though the server does not count them so. */
  readonly #waiting = new Set<Socket>();
  /** Handles that have arrived and are not connections yet. */
  #arriving = 0;

  constructor(server: http.Server) {
    this.#server = server;
  }

  get arriving(): number {
    return this.#arriving;
  }

  /** `tell` settles when the master's end of the channel has the message. */
  async take(handle: RawHandle, tell: () => Promise<void>): Promise<void> {
    this.#arriving++;
    await tell();
    const socket = adopt(this.#server, handle);
    this.#waiting.add(socket);
    this.#expire(socket);
    socket.once('close', () => this.#waiting.delete(socket));
    this.#arriving--;
    this.#tell(socket);
  }

  /** An app that listens must not be able to lose the connection by throwing. */
  #tell(socket: Socket): void {
    try {
      api.emit('handoff', socket);
    } catch (error) {
      process.stderr.write(`worker.on('handoff'): ${stackOf(error)}\n`);
    }
  }

  /**
   * An idle connection is closed after the keep-alive timeout, here as where it came from; and before the
   * server's headers timeout, which would write a 408 to a client that has asked for nothing.
   */
  #expire(socket: Socket): void {
    const { keepAliveTimeout, headersTimeout } = this.#server;
    const limits = [keepAliveTimeout, headersTimeout - 500].filter((limit) => limit > 0);
    if (limits.length === 0) return;
    const timer = setTimeout(
      () => {
        if (this.#isWaiting(socket)) socket.destroy();
      },
      Math.min(...limits),
    ).unref();
    socket.once('close', () => clearTimeout(timer));
  }

  #isWaiting(socket: Socket): boolean {
    if (socket.bytesRead > 0) this.#waiting.delete(socket);
    return this.#waiting.has(socket);
  }

  /** Connections that were taken over and are still waiting for their first byte. */
  waiting(): Socket[] {
    return [...this.#waiting].filter((socket) => this.#isWaiting(socket));
  }
}
