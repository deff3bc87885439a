/**
 * The acknowledgements of one Socket.IO socket that are still to come, in either direction. A callback cannot move to
 * another worker, so a move waits for them; not for ever, since neither side has to acknowledge anything.
 */
import type { NamespaceSocket } from './internals.ts';

/** The limit for each, from the first attempt to move the connection. */
const WITHIN_MS = 5_000;
/** An app may never answer; the oldest are forgotten then. */
const MOST = 1_000;

export class PendingAcks {
  readonly #socket: NamespaceSocket;
  /** Packet number -> time at which it was first found pending. */
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

  /** Number of the client's packets that the app has not acknowledged. */
  get size(): number {
    return this.#asked.size;
  }

  /** True while at least one is within its limit. */
  isWaiting(now = performance.now()): boolean {
    for (const [id, since] of this.#asked) this.#asked.set(id, since ?? now);
    for (const id of this.#asking.keys()) if (!this.#socket.acks.has(id)) this.#asking.delete(id);
    for (const id of this.#socket.acks.keys()) this.#asking.set(id, this.#asking.get(id) ?? now);
    return [...this.#asked.values(), ...this.#asking.values()].some((since = now) => now - since < WITHIN_MS);
  }
}
