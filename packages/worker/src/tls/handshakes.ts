/**
 * The handshakes of a worker. They begin with the certificates that are in use at that moment, and wait while those are
 * exchanged in all workers.
 */
import type net from 'node:net';
import type tls from 'node:tls';
import { debuglog } from 'node:util';
import type { Entry } from '../front/entry.ts';
import { destroyAll } from '../transport/before.ts';
import type { Beside, DrainingConnections } from '../transport/transport.ts';
import { isAdmitted } from './client-certificate.ts';
import { shake } from './shake.ts';
import type { Terminator } from './terminator.ts';

/** `NODE_DEBUG=tshorn-tls` shows what clients that scan, or do not like our certificate, are refused with. */
const debug = debuglog('tshorn-tls');

/** After a release, the worker reads within this time what clients have sent meanwhile. */
const READ_WITHIN_MS = 100;

const ignore = () => {};

type Shaking = tls.TLSSocket & {
  readonly _handle?: { readStop(): void; readStart(): void } | null;
  /** Since Node 20.17 and 22.5. */
  setKeyCert?(pair: object): void;
};

export class Handshakes implements Beside {
  readonly #next: (socket: tls.TLSSocket) => void;
  #terminator: Terminator | undefined;
  /** Those that have begun and not ended, with the connections below. */
  readonly #open = new Map<Shaking, net.Socket>();
  /** Those that have got other certificates, and authorities, on their way. */
  readonly #renewed = new WeakSet<tls.TLSSocket>();
  #isHolding = false;
  #releasedAt = Number.NEGATIVE_INFINITY;
  /** Connections whose handshake has not begun. */
  readonly #held = new Set<net.Socket>();

  /** @param next gets each connection whose handshake is done */
  constructor(next: (socket: tls.TLSSocket) => void) {
    this.#next = next;
  }

  get choose(): Terminator['choose'] {
    return (name) => this.#terminator?.choose(name);
  }

  readonly entry: Entry = (socket) => {
    if (this.#isHolding) return this.#hold(socket);
    const { server } = this.#terminator as Terminator;
    const shaking = shake(server, socket);
    if (shaking) this.#open.set(shaking, socket);
  };

  /** New handshakes show these certificates. */
  use(terminator: Terminator): void {
    this.#terminator = terminator;
    const { server } = terminator;
    server.on('secureConnection', (socket) => {
      this.#open.delete(socket);
      if (this.#isStale(terminator, socket) || !isAdmitted(socket, terminator.certReqs)) socket.destroy();
      else this.#next(socket);
    });
    server.on('tlsClientError', (error, socket) => {
      this.#open.delete(socket);
      debug('%s: %s', socket.remoteAddress, error.message);
      // After a timeout Node leaves that to this listener.
      socket.destroy();
    });
  }

  /** The handshake began before the authorities were exchanged, and one of the old ones may have vouched for the client. */
  #isStale({ sessionContext }: Terminator, socket: tls.TLSSocket): boolean {
    if (this.#terminator?.sessionContext === sessionContext) return false;
    return socket.authorized && !this.#renewed.has(socket);
  }

  /** From here on no client gets a certificate: what it sends waits in its socket, or in the kernel. */
  hold(): void {
    this.#isHolding = true;
    for (const socket of this.#withoutCertificate()) socket._handle?.readStop();
  }

  #hold(socket: net.Socket): void {
    this.#held.add(socket);
    // A reset would be nobody's to handle.
    socket.on('error', ignore);
  }

  /** Handshakes that have begun, and in which the client has said nothing so far. */
  *#withoutCertificate(): Generator<Shaking> {
    for (const [socket, below] of this.#open) if (below.bytesRead === 0 && !socket.destroyed) yield socket;
  }

  /** Handshakes go on, with other certificates where they are given. */
  release(terminator?: Terminator): void {
    this.#isHolding = false;
    this.#releasedAt = performance.now();
    for (const socket of this.#withoutCertificate()) {
      // They were made with the old ones.
      if (terminator && socket.setKeyCert) {
        socket.setKeyCert(terminator.first);
        this.#renewed.add(socket);
      }
      socket._handle?.readStart();
    }
    if (terminator) this.use(terminator);
    for (const socket of this.#held) {
      this.#held.delete(socket);
      socket.off('error', ignore);
      if (!socket.destroyed) this.entry(socket);
    }
  }

  renewTicketKeys(keys: Buffer): void {
    this.#terminator?.server.setTicketKeys(keys);
  }

  open(): net.Socket[] {
    return [...this.#held, ...this.#open.values()].filter(({ destroyed }) => !destroyed);
  }

  /** None can move. */
  idle(): [] {
    return [];
  }

  openResponses(): [] {
    return [];
  }

  drain(): DrainingConnections {
    const start = performance.now();
    return {
      beginClosing: ignore,
      // A client that has sent nothing waits for nothing. While handshakes wait, the worker does not read who has.
      closeIdle: (lingerMs, now) =>
        this.#isHolding || now < Math.max(start + lingerMs, this.#releasedAt + READ_WITHIN_MS)
          ? 0
          : destroyAll(this.open().filter(({ bytesRead }) => bytesRead === 0)),
      forceClose: () => void destroyAll(this.open()),
      release: ignore,
    };
  }
}
