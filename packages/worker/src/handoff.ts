/** Connections that move between this worker and others: both ends, and their messages to the master. */
import { SequenceReceiver, SequenceSender, sharedClock, type ToMaster, type ToWorker } from '@tshorn/core';
import type { AttachedListeners } from './app/listeners.ts';
import { reportConnectionCount } from './connection-count.ts';
import { HandoffReceiver } from './handoff-receiver.ts';
import { HandoffSender } from './handoff-sender.ts';
import { type Registry, registry } from './migrate/registry.ts';
import type { DirectChannel } from './rescue/direct-channel.ts';
import { HandOut } from './rescue/hand-out.ts';
import type { RawHandle, Transport } from './transport/transport.ts';

export type HandoffOrder = Extract<
  ToWorker,
  { type: 'take' | 'state' | 'sent' | 'give' | 'handed-over' | 'keep' }
>;
/** The answers of this many milliseconds share one message. */
const ANSWERED_MS = 100;

interface Messages {
  readonly send: (message: ToMaster, handle?: RawHandle) => Promise<void>;
  /** Sends at once; undefined where this Node is not known. */
  readonly direct: DirectChannel | undefined;
}

export class Handoff {
  readonly receiver: HandoffReceiver;
  readonly sender: HandoffSender;
  /** Connections leave this way when the event loop does not turn any more. */
  readonly handOut: HandOut;
  readonly #send: Messages['send'];
  readonly #transport: Transport;
  readonly #arrivals = new SequenceReceiver();
  readonly #listeners: AttachedListeners;
  readonly #registry: Registry = registry();
  #endCounting: () => void = () => {};
  #answers = 0;
  #answering: NodeJS.Timeout | undefined;

  constructor(transport: Transport, listeners: AttachedListeners, { send, direct }: Messages) {
    this.#send = send;
    this.#transport = transport;
    const resumeFailed = (resumer: string, reason: string, byApp: boolean) =>
      void send({ type: 'resume-failed', resumer, reason, byApp });
    this.#registry.resumeFailed = (resumer, reason) => resumeFailed(resumer, reason, true);
    this.receiver = new HandoffReceiver(transport, { resumeFailed, answered: () => this.#answered() });
    const offers = new SequenceSender((upTo) => void send({ type: 'sent', upTo }));
    this.sender = new HandoffSender(transport, this.#registry.migratables, {
      offer: ({ handle, carry }, resumer) => {
        const id = offers.next();
        const told = { ...(resumer !== undefined && { resumer }), ...(carry !== undefined && { carry }) };
        void send({ type: 'hand-over', id, ...told }, handle);
        return id;
      },
      state: (id, text) => void send({ type: 'state', id, ...(text !== undefined && { text }) }),
      warn: (text) => void send({ type: 'log', level: 'warn', text }),
    });
    this.handOut = new HandOut({ transport, sender: this.sender, offers, direct });
    this.#listeners = listeners;
    this.serve();
  }

  /** One message serves many: the master only learns that nothing has to be waited for any more. */
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
    this.sender.sendNone();
    this.#endCounting = reportConnectionCount(this.#listeners, (connections) => {
      void this.#send({ type: 'census', connections });
    });
  }

  obey(order: HandoffOrder, handle: RawHandle | undefined): void {
    switch (order.type) {
      case 'take':
        this.#decline(this.#arrivals.came(order.id), 'no-descriptor');
        return void this.#take(order, handle);
      case 'state':
        return this.receiver.incoming.resume(order.id, order.text);
      case 'sent':
        return this.#decline(this.#arrivals.sentUpTo(order.upTo), 'no-descriptor');
      case 'give':
        return this.sender.sendSome(order.count, order.encrypted);
      case 'handed-over':
        return this.sender.handedOver(order.id);
      case 'keep':
        return this.sender.keep(order.id, order.reason);
    }
  }

  async #take(
    { id, until, resumer: name, carry }: Extract<HandoffOrder, { type: 'take' }>,
    handle: RawHandle | undefined,
  ): Promise<void> {
    try {
      const loading = this.#transport.prepare(carry);
      if (loading) await loading;
    } catch {
      // Its file is gone: the package was replaced in place.
      handle?.close();
      return this.#decline([id], 'no-tls');
    }
    const resumer = name === undefined ? undefined : this.#registry.resumers.get(name);
    const confirm = () => this.#send({ type: 'took', id });
    const known = name === undefined || resumer !== undefined;
    if (handle && known && sharedClock() <= until) {
      if (name === undefined || !resumer) await this.receiver.take(handle, confirm, carry);
      else this.receiver.incoming.expect(id, { handle, carry, name, resumer }, confirm);
      return;
    }
    handle?.close();
    this.#decline([id], known ? 'late' : 'no-resumer');
  }

  #decline(ids: readonly number[], reason: string): void {
    for (const id of ids) void this.#send({ type: 'declined', id, reason });
  }

  /** The master is gone, and answers nothing any more. */
  abandon(): void {
    this.sender.abandon();
    this.receiver.incoming.abandon();
  }

  /** The worker drains: its connections no longer count for the balance. */
  endCounting(): void {
    this.#endCounting();
  }
}
