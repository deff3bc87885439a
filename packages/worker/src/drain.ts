/**
 * Draining: stop accepting, finish what runs, close what is idle after its linger, cut at the deadline.
 * The listeners are closed by the caller first; what waits in the kernel's queue goes to other workers.
 */
import type { DrainReport } from '@tshorn/core';
import type { Connections } from './connections.ts';

export interface DrainSettings {
  /** Milliseconds until everything that is left is cut. */
  readonly deadlineMs: number;
  /** How long an idle connection is kept for a request that crosses with the close. */
  readonly lingerMs: number;
}

export class Drain {
  /** Settles when the last connection is gone. */
  readonly done: Promise<DrainReport>;
  readonly #connections: Connections;
  readonly #start = performance.now();
  readonly #atStart: number;
  #resolve: (report: DrainReport) => void = () => {};
  #closed = 0;
  #lingerMs: number;
  #linger: NodeJS.Timeout | undefined;
  #deadline: NodeJS.Timeout | undefined;

  constructor(connections: Connections, settings: DrainSettings) {
    this.#connections = connections;
    this.#atStart = connections.size;
    this.#lingerMs = settings.lingerMs;
    this.done = new Promise((resolve) => {
      this.#resolve = resolve;
    });
    connections.onClose = () => this.#endIfEmpty();
    // A response that began before the drain has promised keep-alive: its connection becomes idle only
    // now, and gets a linger of its own. Responses that began later announce the close themselves.
    connections.onResponse = () => this.#lingerFromNow();
    connections.beginClosing();
    this.hurry(settings);
  }

  /** Goes on under other settings: a stop that became a quick one. */
  hurry(settings: DrainSettings): void {
    this.#lingerMs = settings.lingerMs;
    clearTimeout(this.#deadline);
    this.#deadline = setTimeout(() => this.#cut(), settings.deadlineMs);
    this.#lingerFromNow();
    this.#endIfEmpty();
  }

  #lingerFromNow(): void {
    clearTimeout(this.#linger);
    this.#linger = setTimeout(() => {
      this.#closed += this.#connections.closeIdle();
    }, this.#lingerMs);
  }

  #endIfEmpty(): void {
    if (this.#connections.size === 0) this.#end(0);
  }

  #cut(): void {
    this.#connections.onClose = () => {};
    this.#end(this.#connections.cut());
  }

  #end(cut: number): void {
    clearTimeout(this.#linger);
    clearTimeout(this.#deadline);
    const finished = Math.max(0, this.#atStart - this.#closed - cut);
    this.#resolve({ finished, closed: this.#closed, cut, tookMs: performance.now() - this.#start });
  }
}
