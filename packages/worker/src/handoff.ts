/** Connections that come from other workers and go to them: the two ends, and what they say to the master. */
import type http from 'node:http';
import { SequenceReceiver, SequenceSender, sharedClock, type ToMaster, type ToWorker } from '@tshorn/core';
import type { AttachedListeners } from './app/listeners.ts';
import { takeCensus } from './census.ts';
import { HandoffReceiver } from './handoff-receiver.ts';
import { HandoffSender } from './handoff-sender.ts';
import type { RawHandle } from './http-internals.ts';
import { type Registry, registry } from './survive/registry.ts';

export type HandoffOrder = Extract<
  ToWorker,
  { type: 'take' | 'state' | 'sent' | 'give' | 'handed-over' | 'keep' }
>;
/** The answers of so many milliseconds come in one message. */
const ANSWERED_MS = 100;

type Send = (message: ToMaster, handle?: RawHandle) => Promise<void>;

export class Handoff {
  readonly receiver: HandoffReceiver;
  readonly sender: HandoffSender;
  readonly #send: Send;
  readonly #arrivals = new SequenceReceiver();
  readonly #listeners: AttachedListeners;
  readonly #registry: Registry = registry();
  #endCensus: () => void = () => {};
  #answers = 0;
  #answering: NodeJS.Timeout | undefined;

  constructor(server: http.Server, listeners: AttachedListeners, send: Send) {
    this.#send = send;
    const resumeFailed = (resumer: string, reason: string, byApp: boolean) =>
      void send({ type: 'resume-failed', resumer, reason, byApp });
    this.#registry.resumeFailed = (resumer, reason) => resumeFailed(resumer, reason, true);
    this.receiver = new HandoffReceiver(server, { resumeFailed, answered: () => this.#answered() });
    const offers = new SequenceSender((upTo) => void send({ type: 'sent', upTo }));
    this.sender = new HandoffSender(server, this.#registry.survivors, {
      offer: (handle, resumer) => {
        const id = offers.next();
        void send({ type: 'hand-over', id, ...(resumer !== undefined && { resumer }) }, handle);
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
    this.sender.giveNone();
    const tell = (connections: number) => void this.#send({ type: 'census', connections });
    this.#endCensus = takeCensus(this.#listeners, tell);
  }

  obey(order: HandoffOrder, handle: RawHandle | undefined): void {
    switch (order.type) {
      case 'take':
        return this.#take(order, handle);
      case 'state':
        return this.receiver.expected.goOn(order.id, order.text);
      case 'sent':
        return this.#decline(this.#arrivals.sentUpTo(order.upTo), 'no-descriptor');
      case 'give':
        return this.sender.giveSome(order.count);
      case 'handed-over':
        return this.sender.handedOver(order.id);
      case 'keep':
        return this.sender.keep(order.id, order.reason);
    }
  }

  #take(
    { id, until, resumer }: Extract<HandoffOrder, { type: 'take' }>,
    handle: RawHandle | undefined,
  ): void {
    this.#decline(this.#arrivals.came(id), 'no-descriptor');
    const goesOn = resumer === undefined ? undefined : this.#registry.resumers.get(resumer);
    const tell = () => this.#send({ type: 'took', id });
    const known = resumer === undefined || goesOn !== undefined;
    if (handle && known && sharedClock() <= until) {
      if (resumer === undefined || !goesOn) void this.receiver.take(handle, tell);
      else this.receiver.expected.expect(id, { handle, name: resumer, resumer: goesOn }, tell);
      return;
    }
    handle?.close();
    this.#decline([id], known ? 'late' : 'no-resumer');
  }

  #decline(ids: readonly number[], reason: string): void {
    for (const id of ids) void this.#send({ type: 'declined', id, reason });
  }

  /** The master is gone: nobody answers any more. */
  abandon(): void {
    this.sender.abandon();
    this.receiver.expected.abandon();
  }

  /** The worker drains: what it has now is no part of any balance. */
  endCensus(): void {
    this.#endCensus();
  }
}
