/**
 * A list of the connections that are still open. The references are weak, and not maintained by 'close' listeners: an
 * app may remove all listeners of a socket.
 */
import type { Socket } from 'node:net';

/** With fewer references, those to closed connections are not worth removing. */
const LEAST_LOOK = 64;

export class OpenSockets {
  /** The oldest first. */
  #sockets: WeakRef<Socket>[] = [];
  #lookAt = LEAST_LOOK;

  add(socket: Socket): void {
    this.#sockets.push(new WeakRef(socket));
    if (this.#sockets.length < this.#lookAt) return;
    this.#sockets = this.#sockets.filter((reference) => isOpen(reference.deref()));
    this.#lookAt = Math.max(LEAST_LOOK, 2 * this.#sockets.length);
  }

  /** Those that are open now, the oldest first. */
  list(): Socket[] {
    return this.#sockets.flatMap((reference) => {
      const socket = reference.deref();
      return isOpen(socket) ? socket : [];
    });
  }
}

const isOpen = (socket: Socket | undefined): socket is Socket => socket !== undefined && !socket.destroyed;
