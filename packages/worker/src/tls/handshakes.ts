/**
 * The handshakes of a worker. They begin with the certificates that are in use at that moment, and wait while those are
 * exchanged in all workers.
 */
import type net from 'node:net';
import type tls from 'node:tls';
import { debuglog } from 'node:util';
import type { Entry } from '../front/entry.ts';
import { rawOf } from './raw-of.ts';

/** `NODE_DEBUG=tshorn-tls` shows what clients that scan, or do not like our certificate, are refused with. */
const debug = debuglog('tshorn-tls');

const ignore = () => {};

export class Handshakes {
  readonly #next: (socket: tls.TLSSocket) => void;
  #terminator: tls.Server;
  /** Connections whose handshake has begun, or is about to, and has not ended. */
  readonly #open = new Set<net.Socket>();
  #isHolding = false;
  readonly #held = new Set<net.Socket>();

  /** @param next gets each connection whose handshake is done */
  constructor(terminator: tls.Server, next: (socket: tls.TLSSocket) => void) {
    this.#next = next;
    this.#terminator = terminator;
    this.#watch(terminator);
  }

  readonly entry: Entry = (socket) => {
    if (this.#isHolding) return this.#hold(socket);
    this.#open.add(socket);
    this.#terminator.emit('connection', socket);
  };

  #watch(terminator: tls.Server): void {
    terminator.on('secureConnection', (socket) => {
      this.#ended(socket);
      this.#next(socket);
    });
    terminator.on('tlsClientError', (error, socket) => {
      this.#ended(socket);
      debug('%s: %s', socket.remoteAddress, error.message);
      // After a timeout Node leaves that to this listener.
      socket.destroy();
    });
  }

  #ended(socket: tls.TLSSocket): void {
    const raw = rawOf(socket);
    if (raw) this.#open.delete(raw);
  }

  /** From here on new handshakes wait: what their clients send stays in the socket, and in the kernel. */
  hold(): void {
    this.#isHolding = true;
  }

  #hold(socket: net.Socket): void {
    this.#held.add(socket);
    // A reset would be nobody's to handle.
    socket.on('error', ignore);
  }

  /** Handshakes go on, with other certificates where they are given. */
  release(terminator?: tls.Server): void {
    if (terminator) {
      this.#terminator = terminator;
      this.#watch(terminator);
    }
    this.#isHolding = false;
    for (const socket of this.#held) {
      this.#held.delete(socket);
      socket.off('error', ignore);
      if (!socket.destroyed) this.entry(socket);
    }
  }

  renewTicketKeys(keys: Buffer): void {
    this.#terminator.setTicketKeys(keys);
  }

  /** Connections in their handshake. */
  *open(): Generator<net.Socket> {
    for (const socket of [...this.#open, ...this.#held]) if (!socket.destroyed) yield socket;
  }
}
