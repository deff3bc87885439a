/**
 * Closes the connections that are left when a drain nears its deadline: one after the other (spread.ts), each by its own
 * protocol (closable.ts). The drain creates it.
 */
import type { Socket } from 'node:net';
import type { Closable } from './closable.ts';
import { nextStep, type Window } from './spread.ts';

export class Closing {
  readonly #list: () => readonly Closable[];
  readonly #begun = new Set<Socket>();
  #timer: NodeJS.Timeout | undefined;
  #end = 0;

  /** @param list is called at each step, and returns the connections that can be closed then */
  constructor(list: () => readonly Closable[]) {
    this.#list = list;
  }

  /** Sets the time, or changes it: a graceful stop has become a quick one. Without a window nothing more is closed. */
  schedule(window: Window | undefined): void {
    this.stop();
    if (!window) return;
    this.#end = performance.now() + window.endMs;
    // Never in this very turn: the app's 'drain' listeners run first, and the app may be in the middle of a frame.
    this.#timer = setTimeout(() => this.#step(), window.startMs);
  }

  stop(): void {
    clearTimeout(this.#timer);
  }

  #step(): void {
    const left = this.#list().filter(({ socket }) => !this.#begun.has(socket));
    const { close, pauseMs } = nextStep(left.length, this.#end - performance.now(), Math.random());
    this.#timer = setTimeout(() => this.#step(), pauseMs);
    for (const closable of left.slice(0, close)) {
      this.#begun.add(closable.socket);
      closable.close();
    }
  }

  /** How many connections have been closed. */
  get closed(): number {
    return [...this.#begun].filter(({ destroyed }) => destroyed).length;
  }

  /** Destroys the connections whose clients have not answered the close. */
  forceClose(): void {
    for (const socket of this.#begun) socket.destroy();
  }
}
