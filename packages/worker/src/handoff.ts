/** Connections that come from other workers and go to them: the two ends, and what they say to the master. */
import type http from 'node:http';
import type { ToMaster, ToWorker } from '@tshorn/core';
import type { AttachedListeners } from './app/listeners.ts';
import { takeCensus } from './census.ts';
import { Giveaway } from './give.ts';
import { canMove, type RawHandle } from './http-internals.ts';
import { Takeover } from './take.ts';

export type HandoffOrder = Extract<ToWorker, { type: 'take' | 'sent' | 'give' | 'handed-over' | 'keep' }>;
type Send = (message: ToMaster, handle?: RawHandle) => Promise<void>;

export class Handoff {
  readonly takeover: Takeover;
  readonly giveaway: Giveaway;
  readonly #send: Send;
  /** The last `take` that has arrived. */
  #lastTake = 0;
  readonly #endCensus: () => void;

  private constructor(server: http.Server, listeners: AttachedListeners, send: Send) {
    this.#send = send;
    this.takeover = new Takeover(server);
    this.giveaway = new Giveaway(server, this.takeover, (id, handle) => {
      void send({ type: 'hand-over', id }, handle);
      void send({ type: 'sent', id });
    });
    this.#endCensus = takeCensus(listeners, (connections) => void send({ type: 'census', connections }));
  }

  /** Undefined where connections of this server cannot be moved. */
  static for(server: http.Server, listeners: AttachedListeners, send: Send): Handoff | undefined {
    return canMove(server) ? new Handoff(server, listeners, send) : undefined;
  }

  obey(order: HandoffOrder, handle: RawHandle | undefined): void {
    switch (order.type) {
      case 'take':
        return this.#take(order.id, handle as RawHandle);
      case 'sent':
        // There was no descriptor free for the connection.
        if (order.id !== this.#lastTake) void this.#send({ type: 'declined', id: order.id });
        return;
      case 'give':
        return this.giveaway.giveSome(order.count);
      case 'handed-over':
        return this.giveaway.handedOver(order.id);
      case 'keep':
        return this.giveaway.keep(order.id);
    }
  }

  #take(id: number, handle: RawHandle): void {
    this.#lastTake = id;
    void this.takeover.take(handle, () => this.#send({ type: 'took', id }));
  }

  /** The master is gone: nobody answers any more. */
  abandon(): void {
    this.giveaway.abandon();
  }

  /** The worker drains: what it has now is no part of any balance. */
  endCensus(): void {
    this.#endCensus();
  }
}
