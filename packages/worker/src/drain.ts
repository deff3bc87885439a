/**
 * Draining: stop accepting, finish what runs, close what is idle after its linger, close WebSockets before the
 * deadline, cut what is left at it.
 * What waits in the kernel's queue goes to other workers.
 */
import type http from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import type { DrainReport } from '@tshorn/core';
import type { AttachedListeners } from './app/listeners.ts';
import type { Closable } from './closing/closable.ts';
import { Closing } from './closing/closing.ts';
import type { Window } from './closing/spread.ts';
import { DrainingConnections } from './connections.ts';
import type { HandoffReceiver } from './handoff-receiver.ts';
import type { HandoffSender } from './handoff-sender.ts';
import { countImmovable } from './http-internals.ts';

export interface DrainSettings {
  /** Milliseconds until everything that is left is force-closed. */
  readonly deadlineMs: number;
  /** How long an idle connection is kept for a request that crosses with the close. */
  readonly lingerMs: number;
  /** When WebSockets are closed; without it they are force-closed. */
  readonly closing: Window | undefined;
}

interface Handover {
  readonly handoff: boolean;
  readonly sender: HandoffSender | undefined;
  readonly receiver: HandoffReceiver | undefined;
  /** What can be closed in the way of its protocol; asked at the time. */
  readonly closables: () => readonly Closable[];
}

/** How late an idle connection may be closed, at most. */
const SWEEP_MS = 100;

export class Drain {
  /** Settles when the last connection is gone; without a report when the worker serves again. */
  readonly done: Promise<DrainReport | undefined>;
  readonly #listeners: AttachedListeners;
  readonly #connections: DrainingConnections;
  readonly #closing: Closing;
  readonly #start = performance.now();
  readonly #atStart: Promise<number>;
  readonly #sender: HandoffSender | undefined;
  readonly #immovable: Promise<Record<string, number>>;
  #resolve: (report?: DrainReport) => void = () => {};
  #closed = 0;
  #closingSince: number | undefined;
  #lingerMs: number;
  #sweep: NodeJS.Timeout | undefined;
  #deadline: NodeJS.Timeout | undefined;
  #ended = false;

  /**
   * `handoff`: whether connections should move. `sender`: what moves them; without it they are closed
   * after a linger.
   */
  constructor(
    server: http.Server,
    listeners: AttachedListeners,
    settings: DrainSettings,
    { handoff, sender, receiver, closables }: Handover,
  ) {
    this.#listeners = listeners;
    this.#lingerMs = settings.lingerMs;
    this.#sender = sender;
    this.#closing = new Closing(closables);
    this.done = new Promise((resolve) => {
      this.#resolve = resolve;
    });
    this.#atStart = listeners.count();
    this.#immovable = this.#atStart.then((total) =>
      handoff ? countImmovable(server, total, sender?.outgoing.countUpgraded() ?? 0) : {},
    );
    this.#connections = new DrainingConnections(server);
    void this.#whenEmpty(receiver).then(() => this.#end(0));
    if (sender) {
      sender.onRefused = () => this.#beginClosing();
      sender.giveAll();
      // The response has ended, and is still on its way through the socket.
      this.#connections.onResponse = () => setImmediate(() => sender.pump());
    } else this.#beginClosing();
    this.hurry(settings);
  }

  async #whenEmpty(receiver: HandoffReceiver | undefined): Promise<void> {
    await this.#listeners.pause();
    // A connection may have been handed over to us just before the drain, and come after the last one left.
    const more = async () => (receiver?.arriving ?? 0) > 0 || (await this.#listeners.count()) > 0;
    while (!this.#ended && (await more())) await sleep(SWEEP_MS);
  }

  /** The worker serves again. What has been closed is closed; nothing else is. */
  cancel(): void {
    this.#stop();
    this.#connections.release();
    this.#resolve();
  }

  #stop(): void {
    this.#ended = true;
    clearInterval(this.#sweep);
    clearTimeout(this.#deadline);
    this.#closing.stop();
  }

  /** Goes on under other settings: a stop that became a quick one. */
  hurry(settings: DrainSettings): void {
    // The channel closes when the app cleans up, too: a timer would keep the process alive for nothing.
    if (this.#ended) return;
    this.#lingerMs = settings.lingerMs;
    clearTimeout(this.#deadline);
    clearInterval(this.#sweep);
    this.#deadline = setTimeout(() => void this.#forceClose(), settings.deadlineMs);
    this.#sweep = setInterval(() => this.#tick(), SWEEP_MS);
    this.#closing.schedule(settings.closing);
    this.#tick();
  }

  #beginClosing(): void {
    if (this.#closingSince !== undefined) return;
    this.#closingSince = performance.now();
    this.#connections.beginClosing();
  }

  #tick(): void {
    this.#sender?.pump();
    // Without a destination all are closed after their linger; with one, only those that must not move.
    if (performance.now() - (this.#closingSince ?? this.#start) < this.#lingerMs) return;
    this.#closed += this.#connections.closeIdle(this.#lingerMs);
  }

  async #forceClose(): Promise<void> {
    const left = await this.#listeners.count();
    this.#sender?.outgoing.refuseRest();
    void this.#end(left);
    this.#connections.forceClose();
    this.#closing.forceClose();
  }

  async #end(forceClosed: number): Promise<void> {
    if (this.#ended) return;
    this.#stop();
    const moved = this.#sender?.moved ?? 0;
    const tookMs = performance.now() - this.#start;
    const closed = this.#closed + this.#closing.closed;
    const finished = Math.max(0, (await this.#atStart) - closed - forceClosed - moved);
    const { upgraded = 0, ...immovable } = await this.#immovable;
    const unknown = upgraded - (this.#sender?.outgoing.late ?? 0);
    const refused = {
      ...immovable,
      ...(unknown > 0 && { upgraded: unknown }),
      ...this.#sender?.refused,
      ...this.#sender?.outgoing.refused,
    };
    this.#resolve({ moved, finished, closed, forceClosed, refused, tookMs });
  }
}
