/** Answers HAProxy's agent-check: one line for each connection, which is then closed. Created by Admin. */
import type net from 'node:net';
import { mostConnections } from './connections.ts';
import { agentLine, type Readiness } from './readiness.ts';

/** HAProxy reads at once; whoever does not is dropped. */
const MOST_MS = 2_000;

export class Agents {
  readonly #readiness: () => Readiness;
  readonly #isTrusted: () => boolean;
  /** In the order of their coming. */
  readonly #open = new Set<net.Socket>();
  readonly #most = mostConnections();

  /** @param isTrusted everybody may know what went wrong in the app */
  constructor(readiness: () => Readiness, isTrusted: () => boolean) {
    this.#readiness = readiness;
    this.#isTrusted = isTrusted;
  }

  answer(socket: net.Socket): void {
    this.#open.add(socket);
    if (this.#open.size > this.#most) this.#open.values().next().value?.destroy();
    const timer = setTimeout(() => socket.destroy(), MOST_MS).unref();
    socket.on('error', () => {});
    socket.once('close', () => {
      clearTimeout(timer);
      this.#open.delete(socket);
    });
    // What is sent (`agent-send`) is read and dropped: the kernel answers a close with unread bytes by a reset.
    socket.resume();
    socket.end(`${agentLine(this.#readiness(), this.#isTrusted())}\n`);
  }

  close(): void {
    for (const socket of this.#open) socket.destroy();
  }
}
