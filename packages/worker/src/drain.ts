/**
 * The drain of a worker: it stops accepting, finishes the requests in flight, hands idle connections on or closes them
 * after their linger, closes WebSockets before the deadline, and force-closes at the deadline what is left.
 * Connections that wait in the kernel's queue go to other workers.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { Deadline, type DrainReport } from '@tshorn/core';
import type { AttachedListeners } from './app/listeners.ts';
import type { Closable } from './closing/closable.ts';
import { Closing } from './closing/closing.ts';
import type { Window } from './closing/spread.ts';
import type { Aftermath } from './containment/aftermath.ts';
import { settleRequest } from './containment/settle.ts';
import type { HandoffReceiver } from './handoff-receiver.ts';
import type { HandoffSender } from './handoff-sender.ts';
import type { Meter } from './meter.ts';
import type { OtherServers } from './others/other-servers.ts';
import { countImmovable, OTHER_LISTENER } from './remaining.ts';
import type { DrainingConnections, Transport } from './transport/transport.ts';

export interface DrainSettings {
  /** Milliseconds until everything that is left is force-closed. */
  readonly deadlineMs: number;
  /** Milliseconds that an idle connection is kept for a request that crosses with the close. */
  readonly lingerMs: number;
  /** When WebSockets are closed; without a window they are force-closed at the deadline. */
  readonly closing: Window | undefined;
}

/** The parts of the worker that a drain acts on. */
export interface DrainedParts {
  readonly transport: Transport;
  readonly meter: Meter;
  /** Requests that have been answered since a crash or a hang. */
  readonly aftermath: Aftermath;
  readonly listeners: AttachedListeners;
  /** The app's other servers: their connections count as all others do, and do not move. */
  readonly others: OtherServers;
  /** True when connections should move to other workers. */
  readonly handoff: boolean;
  /** Moves them; without a sender they are closed after a linger. */
  readonly sender: HandoffSender | undefined;
  readonly receiver: HandoffReceiver | undefined;
  /** Gives the master all that is at rest, in this turn. */
  readonly handOut: () => void;
  /** Lists the connections that are closed by their own protocol; called at closing time. */
  readonly closables: () => readonly Closable[];
}

/** An idle connection is closed at most this late. */
const SWEEP_MS = 100;
/** Connections that no worker has taken so far are closed in order this long before the linger and the deadline end. */
const CLOSE_MARGIN_MS = 1_000;

export class Drain {
  /** Settles when the last connection is gone; with undefined when the worker serves again. */
  readonly done: Promise<DrainReport | undefined>;
  readonly #listeners: AttachedListeners;
  readonly #connections: DrainingConnections;
  readonly #meter: Meter;
  readonly #others: OtherServers;
  readonly #otherConnections: DrainingConnections;
  readonly #closing: Closing;
  readonly #start = performance.now();
  readonly #atStart: Promise<number>;
  readonly #sender: HandoffSender | undefined;
  readonly #handOut: () => void;
  readonly #moves: boolean;
  readonly #immovable: Promise<Record<string, number>>;
  #unlisten = () => {};
  #resolve: (report?: DrainReport) => void = () => {};
  #closed = 0;
  readonly #aftermath: Aftermath;
  #unanswered = 0;
  #closingSince: number | undefined;
  #lingerMs: number;
  #sweep: NodeJS.Timeout | undefined;
  #deadline: Deadline | undefined;
  #lastCall: Deadline | undefined;
  #ended = false;

  /** Begins at once. */
  constructor(settings: DrainSettings, parts: DrainedParts) {
    const { transport, meter, aftermath, listeners, others, handoff, sender, receiver, handOut, closables } =
      parts;
    this.#listeners = listeners;
    this.#others = others;
    this.#lingerMs = settings.lingerMs;
    this.#sender = sender;
    this.#handOut = handOut;
    this.#moves = handoff;
    this.#closing = new Closing(closables);
    this.done = new Promise((resolve) => {
      this.#resolve = resolve;
    });
    const served = listeners.count();
    const beside = others.count();
    this.#atStart = served.then((count) => count + beside);
    this.#immovable = served.then((count) => {
      if (!handoff) return {};
      const movable = sender?.outgoing.countUpgraded() ?? 0;
      return {
        ...countImmovable(transport, count, movable),
        ...(beside > 0 && { [OTHER_LISTENER]: beside }),
      };
    });
    this.#meter = meter;
    this.#aftermath = aftermath;
    this.#connections = transport.drain(meter);
    this.#otherConnections = others.drain();
    this.#otherConnections.beginClosing();
    void this.#whenEmpty(receiver).then(() => this.#end(0));
    if (sender) {
      sender.onRefused = () => this.#beginClosing();
      sender.sendAll();
      // A response that has just ended is still on its way through the socket.
      this.#unlisten = meter.listen({ finished: () => void setImmediate(() => sender.pump()) });
    } else this.#beginClosing();
    this.hurry(settings);
  }

  async #whenEmpty(receiver: HandoffReceiver | undefined): Promise<void> {
    await this.#listeners.pause();
    // A connection that was handed over just before the drain may arrive after the last one has left.
    const more = async () => (receiver?.arriving ?? 0) > 0 || (await this.#count()) > 0;
    while (!this.#ended && (await more())) await sleep(SWEEP_MS);
  }

  async #count(): Promise<number> {
    return (await this.#listeners.count()) + this.#others.count();
  }

  /** The worker serves again. Connections that have been closed stay closed. */
  cancel(): void {
    this.#stop();
    this.#resolve();
  }

  #stop(): void {
    this.#ended = true;
    this.#unlisten();
    // A parked worker lives on, with nothing to look for.
    this.#sender?.sendNone();
    this.#connections.release();
    this.#otherConnections.release();
    clearInterval(this.#sweep);
    this.#deadline?.clear();
    this.#lastCall?.clear();
    this.#closing.stop();
  }

  /** Continues under other settings: a graceful stop has become a quick one. */
  hurry(settings: DrainSettings): void {
    // After the end, while the app cleans up, a timer would keep the process alive for nothing.
    if (this.#ended) return;
    this.#lingerMs = settings.lingerMs;
    this.#deadline?.clear();
    clearInterval(this.#sweep);
    this.#lastCall?.clear();
    this.#deadline = new Deadline(settings.deadlineMs, () => void this.#forceClose());
    const { deadlineMs, lingerMs } = settings;
    const movesMs = Math.max(deadlineMs / 2, deadlineMs - lingerMs - CLOSE_MARGIN_MS);
    this.#lastCall = new Deadline(this.#hasFailed ? deadlineMs / 2 : movesMs, () => this.#callLast());
    this.#sweep = setInterval(() => this.#tick(), SWEEP_MS);
    this.#closing.schedule(settings.closing);
    this.#tick();
  }

  get #hasFailed(): boolean {
    return this.#aftermath.hasBegun;
  }

  /** A client of a worker that has failed has not deserved a close: the master holds its connection for another worker. */
  #callLast(): void {
    if (this.#hasFailed) this.#handOut();
    this.#beginClosing();
  }

  #beginClosing(): void {
    if (this.#closingSince !== undefined) return;
    this.#closingSince = performance.now();
    this.#connections.beginClosing();
  }

  #tick(): void {
    this.#sender?.pump();
    // Timers come before reads: a client of a worker that stood still may have sent its request within the linger, and is read now.
    // Not so a request that comes while the loop works for what it reads now.
    const now = performance.now();
    setImmediate(() => this.#closeIdle(now));
  }

  /** @param now the loop has read since */
  #closeIdle(now: number): void {
    if (this.#ended) return;
    if (now - this.#start >= this.#lingerMs) {
      this.#closed += this.#otherConnections.closeIdle(this.#lingerMs, now);
    }
    // Without a sender all are closed after their linger; with one, only those that must not move.
    if (now - (this.#closingSince ?? this.#start) < this.#lingerMs) return;
    this.#closed += this.#connections.closeIdle(this.#lingerMs, now);
  }

  async #forceClose(): Promise<void> {
    const left = await this.#count();
    const unanswered = this.#meter.open().filter(({ response }) => !response.writableEnded);
    this.#unanswered = unanswered.length;
    // One of them has most likely failed, and nobody could tell which.
    if (this.#hasFailed) {
      for (const { response } of unanswered) if (!response.headersSent) settleRequest(response, 500);
    }
    this.#sender?.outgoing.refuseRest();
    void this.#end(left);
    this.#connections.forceClose();
    this.#otherConnections.forceClose();
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
      ...this.#sum(immovable),
      ...this.#sender?.outgoing.refused,
    };
    const { answered } = this.#aftermath;
    const requests = answered === undefined ? {} : { answered, unanswered: this.#unanswered };
    this.#resolve({ moved, finished, closed, forceClosed, ...requests, refused, tookMs });
  }

  /** With what connections have shown only since. */
  #sum(immovable: Readonly<Record<string, number>>): Record<string, number> {
    const sums = { ...immovable };
    const { refused = {} } = this.#connections;
    for (const [reason, count] of this.#moves ? Object.entries(refused) : []) {
      sums[reason] = (sums[reason] ?? 0) + count;
    }
    return sums;
  }
}
