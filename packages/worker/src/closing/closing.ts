/**
 * Closes what is left when a drain nears its deadline, one connection after the other (spread.ts), each in the way of
 * its protocol (closable.ts). A drain creates it.
 */
import type { Socket } from 'node:net';
import type { Closable } from './closable.ts';
import { nextStep, type Window } from './spread.ts';

export class Closing {
  readonly #list: () => readonly Closable[];
  readonly #told = new Set<Socket>();
  #timer: NodeJS.Timeout | undefined;
  #end = 0;

  /** `list` is asked at closing time, for what is there then: those that it leaves out are asked for again. */
  constructor(list: () => readonly Closable[]) {
    this.#list = list;
  }

  /** Sets the time, or another one: a stop that became a quick one. Without a window nothing more is closed. */
  schedule(window: Window | undefined): void {
    this.stop();
    if (!window) return;
    this.#end = performance.now() + window.endMs;
    // Never in this very turn: the app is told of the drain first, and may be in the middle of a frame.
    this.#timer = setTimeout(() => this.#step(), window.startMs);
  }

  stop(): void {
    clearTimeout(this.#timer);
  }

  #step(): void {
    const left = this.#list().filter(({ socket }) => !this.#told.has(socket));
    const { close, pauseMs } = nextStep(left.length, this.#end - performance.now(), Math.random());
    this.#timer = setTimeout(() => this.#step(), pauseMs);
    for (const closable of left.slice(0, close)) {
      this.#told.add(closable.socket);
      closable.close();
    }
  }

  /** How many have been told, and have gone since. */
  get closed(): number {
    return [...this.#told].filter(({ destroyed }) => destroyed).length;
  }

  /** Those that have been told and have not gone: their clients do not answer. */
  forceClose(): void {
    for (const socket of this.#told) socket.destroy();
  }
}
