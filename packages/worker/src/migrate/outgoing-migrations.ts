/**
 * WebSockets and streams that leave this worker: which of them may go, what goes with them, and why the others stay.
 * ../handoff-sender.ts decides when one goes.
 */
import { describeThrown } from '@tshorn/core';
import { identityOf } from '../transport/http1-internals.ts';
import { markLeft, soFarOf } from '../transport/moves.ts';
import type { Transport } from '../transport/transport.ts';
import { takeHeld } from './held.ts';
import { type Migratable, pack } from './registry.ts';

export interface OutgoingOrders {
  /** Sends the state to the new owner; undefined when it is lost. */
  state(id: number, text: string | undefined): void;
  /** Writes a warning to the log. */
  warn(text: string): void;
}

const isUpgraded = ({ answer }: Migratable): boolean => answer === undefined;

type Movability = Pick<Transport, 'isFlushed' | 'whyImmovable'>;

export class OutgoingMigrations {
  readonly #transport: Movability;
  readonly #migratables: ReadonlySet<Migratable>;
  readonly #orders: OutgoingOrders;
  /** Ids of connections that closed while they were in transit; their new owners wait for a state. */
  readonly #lost = new Set<number>();
  /** Resumers that no other worker has. */
  readonly #unknown = new Set<string>();
  /** Is being asked by a call into the app. Code that was ended from outside leaves it here. */
  #asked: Migratable | undefined;
  /** Resumers whose `save` or `busy` does not return. */
  readonly #hanging = new Set<string>();
  /** Connections without a state that can be sent. */
  readonly #unsaved = new WeakSet<Migratable>();
  /** Resumers that have been warned of. */
  readonly #warned = new Set<string>();
  /** Connections that `#refused` counts. */
  readonly #counted = new WeakSet<Migratable>();
  #upgraded = new WeakSet<Migratable>();
  #late = 0;
  /** How many did not move, by reason. */
  #refused: Record<string, number> = {};

  constructor(transport: Movability, migratables: ReadonlySet<Migratable>, orders: OutgoingOrders) {
    this.#transport = transport;
    this.#migratables = migratables;
    this.#orders = orders;
  }

  /** Another drain or balance begins: the other workers may have other apps now. */
  begin(): void {
    this.#unknown.clear();
    this.#refused = {};
  }

  get refused(): Readonly<Record<string, number>> {
    return this.#refused;
  }

  /** How many have left HTTP. */
  countUpgraded(): number {
    const upgraded = [...this.#migratables].filter(isUpgraded);
    this.#upgraded = new WeakSet(upgraded);
    this.#late = 0;
    return upgraded.length;
  }

  /** How many upgraded connections were not known when they were counted, and could move after all: their app was slow. */
  get late(): number {
    return this.#late;
  }

  #gone(migratable: Migratable): void {
    if (isUpgraded(migratable) && !this.#upgraded.has(migratable)) this.#late++;
  }

  /** The newest first: a client whose ticket may have expired must not be the first that a new release is judged by. */
  *atRest(): Generator<Migratable> {
    for (const migratable of [...this.#migratables].reverse()) {
      if (this.#refusalOf(migratable) === '' && this.#transport.isFlushed(migratable.socket))
        yield migratable;
    }
  }

  /** The reason why it does not move, as one word; empty when it can. */
  #refusalOf(migratable: Migratable): string {
    if (this.#unknown.has(migratable.resumer)) return 'no-resumer';
    if (this.#isHanging(migratable) || this.#unsaved.has(migratable)) return 'state';
    try {
      return this.#ask(migratable, () => migratable.refusal());
    } catch (error) {
      // The app's own `busy` is called in a timer of the drain: without this it would end the worker.
      this.#warnOnce(migratable.resumer, error);
      return 'busy';
    }
  }

  /** True for a connection that can go now: it is at rest, and its state can be sent. */
  mayGo(migratable: Migratable): boolean {
    if (this.#refusalOf(migratable) !== '') return false;
    return this.#pack(migratable) !== undefined;
  }

  /** Returns its state; undefined when it has none that can be sent. */
  #pack(migratable: Migratable): string | undefined {
    try {
      return this.#ask(migratable, () => migratable.pack());
    } catch (error) {
      this.#unsaved.add(migratable);
      this.#warnOnce(migratable.resumer, error);
      return undefined;
    }
  }

  /** True when the app's code was ended from outside, or is interrupted now, while it was asked about such a connection. */
  #isHanging({ resumer }: Migratable): boolean {
    if (this.#asked) this.#hanging.add(this.#asked.resumer);
    this.#asked = undefined;
    return this.#hanging.has(resumer);
  }

  #ask<Answer>(migratable: Migratable, question: () => Answer): Answer {
    this.#asked = migratable;
    try {
      return question();
    } finally {
      this.#asked = undefined;
    }
  }

  /**
   * The worker is stuck, or about to end.
   * @returns all that another worker needs to resume it; undefined when it has to stay
   */
  rescue(migratable: Migratable): string | undefined {
    if (this.#refusalOf(migratable) !== '') return undefined;
    const state = this.#pack(migratable);
    // An app's `save` should send nothing, and may.
    return state === undefined || !this.#transport.isFlushed(migratable.socket)
      ? undefined
      : textOf(migratable, state);
  }

  /** The connection has left with its state. */
  rescued(migratable: Migratable): void {
    this.#gone(migratable);
    markLeft(migratable.socket);
    migratable.leave(true);
  }

  #warnOnce(resumer: string, error: unknown): void {
    if (this.#warned.has(resumer)) return;
    this.#warned.add(resumer);
    this.#orders.warn(
      `${resumer}: ${describeThrown(error)}; these connections do not move, and are closed at the end of the drain`,
    );
  }

  /**
   * Another worker owns it. All of this is one tick: what the app has done until here is in the state or was held, and it
   * can do nothing more.
   */
  part(id: number, migratable: Migratable): void {
    let text: string | undefined;
    try {
      if (migratable.isSending?.()) throw new Error('the app did not come to the end of a message');
      const state = migratable.isOver?.() ? '' : this.#ask(migratable, () => migratable.pack());
      text = textOf(migratable, state);
    } catch (error) {
      const { resumer } = migratable;
      this.#orders.warn(`${resumer}: ${describeThrown(error)}; its client was told to reconnect`);
    }
    this.#gone(migratable);
    if (text !== undefined) markLeft(migratable.socket);
    migratable.leave(text !== undefined);
    this.#orders.state(id, text);
  }

  /** The connection has closed while it was in transit. */
  lost(id: number): void {
    this.#lost.add(id);
  }

  /** No worker took a connection that has closed meanwhile, so none waits for its state. */
  stays(id: number): void {
    this.#lost.delete(id);
  }

  /** Another worker owns a connection that has closed here meanwhile, and waits for its state. */
  partWithNothing(id: number): void {
    if (this.#lost.delete(id)) this.#orders.state(id, undefined);
  }

  /** No other worker can resume connections of this kind. */
  unknown({ resumer }: Migratable): void {
    if (this.#unknown.has(resumer)) return;
    this.#unknown.add(resumer);
    const kind = resumer.startsWith('stream:') ? 'surviveStream()' : 'survive()';
    this.#orders.warn(
      `${resumer}: the other workers' app has no ${kind} of that name: these connections do not move, and are closed at the end of the drain`,
    );
  }

  /** The reason why it is still here; empty when it can move. */
  whyStays(migratable: Migratable): string {
    const { socket } = migratable;
    const reason = this.#refusalOf(migratable) || this.#transport.whyImmovable(socket);
    return reason || (this.#transport.isFlushed(socket) ? '' : 'queue');
  }

  /** Counts the reason why this connection did not move; it is about to be closed. */
  refuse(migratable: Migratable): void {
    if (this.#counted.has(migratable)) return;
    this.#counted.add(migratable);
    this.#gone(migratable);
    const reason = this.whyStays(migratable) || 'no-taker';
    this.#refused[reason] = (this.#refused[reason] ?? 0) + 1;
  }

  /** The deadline: counts those that are still here. */
  refuseRest(): void {
    for (const migratable of this.#migratables) this.refuse(migratable);
  }
}

/** Takes the held bytes out of its socket. */
function textOf(migratable: Migratable, state: string): string {
  const { request, answer, agreement, socket } = migratable;
  const held = takeHeld(socket).toString('base64');
  // The bytes that were held are no longer among those that this worker has sent.
  const soFar = soFarOf(socket);
  return pack({
    request,
    ...(answer && { answer }),
    ...(agreement && { agreement }),
    ...(migratable.isOver?.() && { over: true }),
    held,
    ...(soFar && { soFar }),
    ...(state !== '' && { state }),
    socket: identityOf(socket),
  });
}
