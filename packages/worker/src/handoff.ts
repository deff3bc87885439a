/** Connections that come from other workers and go to them: the two ends, and what they say to the master. */
import type http from 'node:http';
import { Arrivals, sharedClock, type ToMaster, type ToWorker, Trailer } from '@tshorn/core';
import type { AttachedListeners } from './app/listeners.ts';
import { takeCensus } from './census.ts';
import { Giveaway } from './give.ts';
import type { RawHandle } from './http-internals.ts';
import { type Registry, registry } from './survive/registry.ts';
import { Takeover } from './take.ts';

export type HandoffOrder = Extract<
  ToWorker,
  { type: 'take' | 'state' | 'sent' | 'give' | 'handed-over' | 'keep' }
>;
/** The answers of so many milliseconds come in one message. */
const ANSWERED_MS = 100;

type Send = (message: ToMaster, handle?: RawHandle) => Promise<void>;

export class Handoff {
  readonly takeover: Takeover;
  readonly giveaway: Giveaway;
  readonly #send: Send;
  readonly #arrivals = new Arrivals();
  readonly #listeners: AttachedListeners;
  readonly #registry: Registry = registry();
  #endCensus: () => void = () => {};
  #answers = 0;
  #answering: NodeJS.Timeout | undefined;

  constructor(server: http.Server, listeners: AttachedListeners, send: Send) {
    this.#send = send;
    const discontinued = (continuation: string, reason: string, byApp: boolean) =>
      void send({ type: 'discontinued', continuation, reason, byApp });
    this.#registry.discontinued = (continuation, reason) => discontinued(continuation, reason, true);
    this.takeover = new Takeover(server, { discontinued, answered: () => this.#answered() });
    const offers = new Trailer((upTo) => void send({ type: 'sent', upTo }));
    this.giveaway = new Giveaway(server, this.#registry.survivors, {
      offer: (handle, continuation) => {
        const id = offers.next();
        void send({ type: 'hand-over', id, ...(continuation !== undefined && { continuation }) }, handle);
        return id;
      },
      state: (id, text) => void send({ type: 'state', id, ...(text !== undefined && { text }) }),
      warn: (text) => void send({ type: 'log', level: 'warn', text }),
    });
    this.#listeners = listeners;
    this.serve();
  }

  /** One message for many: it only says that nobody has to be waited for any more. */
  #answered(): void {
    this.#answers++;
    this.#answering ??= setTimeout(() => {
      this.#answering = undefined;
      void this.#send({ type: 'answered', count: this.#answers });
      this.#answers = 0;
    }, ANSWERED_MS).unref();
  }

  /** The worker is in service, for the first time or again. */
  serve(): void {
    this.giveaway.giveNone();
    const tell = (connections: number) => void this.#send({ type: 'census', connections });
    this.#endCensus = takeCensus(this.#listeners, tell);
  }

  obey(order: HandoffOrder, handle: RawHandle | undefined): void {
    switch (order.type) {
      case 'take':
        return this.#take(order, handle);
      case 'state':
        return this.takeover.expected.goOn(order.id, order.text);
      case 'sent':
        return this.#decline(this.#arrivals.sentUpTo(order.upTo), 'no-descriptor');
      case 'give':
        return this.giveaway.giveSome(order.count);
      case 'handed-over':
        return this.giveaway.handedOver(order.id);
      case 'keep':
        return this.giveaway.keep(order.id, order.reason);
    }
  }

  #take(
    { id, until, continuation }: Extract<HandoffOrder, { type: 'take' }>,
    handle: RawHandle | undefined,
  ): void {
    this.#decline(this.#arrivals.came(id), 'no-descriptor');
    const goesOn = continuation === undefined ? undefined : this.#registry.continuations.get(continuation);
    const tell = () => this.#send({ type: 'took', id });
    const known = continuation === undefined || goesOn !== undefined;
    if (handle && known && sharedClock() <= until) {
      if (continuation === undefined || !goesOn) void this.takeover.take(handle, tell);
      else this.takeover.expected.expect(id, { handle, name: continuation, continuation: goesOn }, tell);
      return;
    }
    handle?.close();
    this.#decline([id], known ? 'late' : 'no-continuation');
  }

  #decline(ids: readonly number[], reason: string): void {
    for (const id of ids) void this.#send({ type: 'declined', id, reason });
  }

  /** The master is gone: nobody answers any more. */
  abandon(): void {
    this.giveaway.abandon();
    this.takeover.expected.abandon();
  }

  /** The worker drains: what it has now is no part of any balance. */
  endCensus(): void {
    this.#endCensus();
  }
}
