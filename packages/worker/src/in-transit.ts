/**
 * The connections that the sender of a handoff (handoff-sender.ts) has offered, by the number of the offer, until the
 * master answers. One that closes meanwhile is forgotten, and its answer finds nothing.
 */
import type { Socket } from 'node:net';
import type { Migratable } from './migrate/registry.ts';
import type { Detached } from './transport/transport.ts';

export interface Sent {
  readonly socket: Socket;
  readonly detached: Detached;
  readonly migratable: Migratable | undefined;
}

/** `rescued`: it was handed out past the window, and counts as rescued, not as moved. */
interface Offered extends Sent {
  readonly rescued: boolean;
  readonly onClose: () => void;
}

export class InTransit {
  readonly #offered = new Map<number, Offered>();
  readonly #onClosed: (id: number, sent: Sent) => void;
  #rescued = 0;

  /** @param onClosed called for one that closes before its answer */
  constructor(onClosed: (id: number, sent: Sent) => void) {
    this.#onClosed = onClosed;
  }

  get size(): number {
    return this.#offered.size;
  }

  /** How many of them fill the window. */
  get inWindow(): number {
    return this.#offered.size - this.#rescued;
  }

  add(id: number, sent: Sent, rescued = false): void {
    // At its keep-alive timeout, say: if the descriptor has been sent before, another worker has it now.
    const onClose = () => {
      this.#remove(id);
      this.#onClosed(id, sent);
    };
    sent.socket.once('close', onClose);
    this.#offered.set(id, { ...sent, rescued, onClose });
    if (rescued) this.#rescued++;
  }

  get(id: number): Sent | undefined {
    return this.#offered.get(id);
  }

  /** The answer to this offer has come. @returns undefined where the connection has closed before */
  answered(id: number): Omit<Offered, 'onClose'> | undefined {
    const offered = this.#remove(id);
    offered?.socket.off('close', offered.onClose);
    return offered;
  }

  all(): [id: number, offered: Offered][] {
    return [...this.#offered];
  }

  sockets(): Set<Socket> {
    return new Set([...this.#offered.values()].map(({ socket }) => socket));
  }

  #remove(id: number): Offered | undefined {
    const offered = this.#offered.get(id);
    this.#offered.delete(id);
    if (offered?.rescued) this.#rescued--;
    return offered;
  }
}
