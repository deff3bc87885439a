/**
 * Acknowledgements of one Socket.IO socket that are still to come, in either direction. A function cannot move to
 * another worker: so they are waited for, but not for ever, since nobody has to acknowledge anything.
 */
import type { NamespaceSocket } from './internals.ts';

/** How long each is waited for, from when somebody first wanted to move the connection. */
const WITHIN_MS = 5_000;
/** An app may never answer to what its clients ask. */
const MOST = 1_000;

export class PendingAcks {
  readonly #socket: NamespaceSocket;
  /** By number: when it was first found to be pending. */
  readonly #asked = new Map<number, number | undefined>();
  readonly #asking = new Map<number, number>();

  constructor(socket: NamespaceSocket) {
    this.#socket = socket;
    const { ack } = socket;
    socket.ack = (id) => {
      const answer = Reflect.apply(ack, socket, [id]);
      this.#asked.set(id, undefined);
      for (const oldest of this.#asked.keys()) {
        if (this.#asked.size <= MOST) break;
        this.#asked.delete(oldest);
      }
      return (...args) => {
        this.#asked.delete(id);
        return answer(...args);
      };
    };
  }

  /** How many of the client's have not been answered. */
  get size(): number {
    return this.#asked.size;
  }

  /** Whether there is one that is worth waiting for. */
  isWaiting(now = performance.now()): boolean {
    for (const [id, since] of this.#asked) this.#asked.set(id, since ?? now);
    for (const id of this.#asking.keys()) if (!this.#socket.acks.has(id)) this.#asking.delete(id);
    for (const id of this.#socket.acks.keys()) this.#asking.set(id, this.#asking.get(id) ?? now);
    return [...this.#asked.values(), ...this.#asking.values()].some((since = now) => now - since < WITHIN_MS);
  }
}
