/**
 * Draining: stop accepting, finish what runs, close what is idle after its linger, cut at the deadline.
 * What waits in the kernel's queue goes to other workers.
 */
import type http from 'node:http';
import type { DrainReport } from '@tshorn/core';
import type { AttachedListeners } from './app/listeners.ts';
import { DrainingConnections } from './connections.ts';

export interface DrainSettings {
  /** Milliseconds until everything that is left is cut. */
  readonly deadlineMs: number;
  /** How long an idle connection is kept for a request that crosses with the close. */
  readonly lingerMs: number;
}

/** How late an idle connection may be closed, at most. */
const SWEEP_MS = 100;

export class Drain {
  /** Settles when the last connection is gone. */
  readonly done: Promise<DrainReport>;
  readonly #listeners: AttachedListeners;
  readonly #connections: DrainingConnections;
  readonly #start = performance.now();
  readonly #atStart: Promise<number>;
  #resolve: (report: DrainReport) => void = () => {};
  #closed = 0;
  #lingerMs: number;
  #sweep: NodeJS.Timeout | undefined;
  #deadline: NodeJS.Timeout | undefined;

  constructor(server: http.Server, listeners: AttachedListeners, settings: DrainSettings) {
    this.#listeners = listeners;
    this.#lingerMs = settings.lingerMs;
    this.done = new Promise((resolve) => {
      this.#resolve = resolve;
    });
    this.#atStart = listeners.count();
    this.#connections = new DrainingConnections(server);
    void listeners.close().then(() => this.#end(0));
    this.hurry(settings);
  }

  /** Goes on under other settings: a stop that became a quick one. */
  hurry(settings: DrainSettings): void {
    this.#lingerMs = settings.lingerMs;
    clearTimeout(this.#deadline);
    clearInterval(this.#sweep);
    this.#deadline = setTimeout(() => void this.#cut(), settings.deadlineMs);
    this.#sweep = setInterval(() => this.#closeIdle(), SWEEP_MS);
    this.#closeIdle();
  }

  #closeIdle(): void {
    if (performance.now() - this.#start < this.#lingerMs) return;
    this.#closed += this.#connections.closeIdle(this.#lingerMs);
  }

  async #cut(): Promise<void> {
    const left = await this.#listeners.count();
    void this.#end(left);
    this.#connections.cut();
  }

  async #end(cut: number): Promise<void> {
    clearInterval(this.#sweep);
    clearTimeout(this.#deadline);
    const tookMs = performance.now() - this.#start;
    const finished = Math.max(0, (await this.#atStart) - this.#closed - cut);
    this.#resolve({ finished, closed: this.#closed, cut, tookMs });
  }
}
