/**
 * The receiving end of a handoff; the sending end is handoff-sender.ts. This worker owns a connection from the moment
 * that the master knows, and does not read it before: if the worker dies earlier, nothing of a request is lost and
 * another worker can take the connection.
 */
import type { Socket } from 'node:net';
import { stackOf } from '@tshorn/core';
import { worker as api } from './api.ts';
import { IncomingMigrations, type Outcome } from './migrate/incoming-migrations.ts';
import type { RawHandle, Transport } from './transport/transport.ts';

export class HandoffReceiver {
  readonly #transport: Transport;
  /** WebSockets and streams whose state has still to come. */
  readonly incoming: IncomingMigrations;
  /** Handles that have arrived and are not connections yet. */
  #arriving = 0;

  /** @param outcome receives the result of each connection that comes with a resumer */
  constructor(transport: Transport, outcome: Outcome) {
    this.#transport = transport;
    this.incoming = new IncomingMigrations(transport, (socket) => this.#announce(socket), outcome);
  }

  get arriving(): number {
    return this.#arriving + this.incoming.size;
  }

  /**
   * @param confirm tells the master; settles when its end of the channel has the message
   * @param carry what has come with the handle
   */
  async take(handle: RawHandle, confirm: () => Promise<void>, carry?: string): Promise<void> {
    this.#arriving++;
    await confirm();
    const socket = this.#transport.connectionOf(handle, carry);
    this.#arriving--;
    try {
      this.#transport.serveIdle(socket);
    } catch (error) {
      // An app's listener for 'connection' threw. Nothing serves the connection, and a drain would wait for it.
      socket.destroy();
      throw error;
    }
    this.#announce(socket);
  }

  /** A listener of the app that throws must not cost the connection. */
  #announce(socket: Socket): void {
    try {
      api.emit('handoff', socket);
    } catch (error) {
      process.stderr.write(`worker.on('handoff'): ${stackOf(error)}\n`);
    }
  }
}
