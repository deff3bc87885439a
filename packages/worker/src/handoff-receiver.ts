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
import { IncomingMigrations, type Outcome } from './survive/incoming-migrations.ts';

export class HandoffReceiver {
  readonly #server: http.Server;
  /** Those whose state has still to come. */
  readonly expected: IncomingMigrations;
  /** Handles that have arrived and are not connections yet. */
  #arriving = 0;

  /** `outcome` is told what becomes of each that comes with a resumer. */
  constructor(server: http.Server, outcome: Outcome) {
    this.#server = server;
    this.expected = new IncomingMigrations(server, (socket) => this.#tell(socket), outcome);
  }

  get arriving(): number {
    return this.#arriving + this.expected.size;
  }

  /** `tell` settles when the master's end of the channel has the message. */
  async take(handle: RawHandle, tell: () => Promise<void>): Promise<void> {
    this.#arriving++;
    await tell();
    const socket = adopt(this.#server, handle);
    this.#expire(socket);
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
    const closeIfSilent = () => {
      if (socket.bytesRead === 0) socket.destroy();
    };
    const timer = setTimeout(closeIfSilent, Math.min(...limits)).unref();
    socket.once('close', () => clearTimeout(timer));
  }
}
