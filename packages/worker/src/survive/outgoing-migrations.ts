/**
 * WebSockets and streams that leave this worker: which of them may go, what goes with them, and why the others stay.
 * ../handoff-sender.ts decides when one goes.
 */
import { describeThrown } from '@tshorn/core';
import type { Transport } from '../transport/transport.ts';
import { takeHeld } from './held.ts';
import { pack, type Survivor } from './registry.ts';

export interface OutgoingOrders {
  /** Sends the state to the new owner; undefined when it is lost. */
  state(id: number, text: string | undefined): void;
  /** Writes a warning to the log. */
  warn(text: string): void;
}

const isUpgraded = ({ answer }: Survivor): boolean => answer === undefined;

type Movability = Pick<Transport, 'isFlushed' | 'whyImmovable'>;

export class OutgoingMigrations {
  readonly #transport: Movability;
  readonly #survivors: ReadonlySet<Survivor>;
  readonly #orders: OutgoingOrders;
  /** Ids of connections that closed while they were in transit; their new owners wait for a state. */
  readonly #lost = new Set<number>();
  /** Resumers that no other worker has. */
  readonly #unknown = new Set<string>();
  /** Connections without a state that can be sent. */
  readonly #unsaved = new WeakSet<Survivor>();
  /** Resumers that have been warned of. */
  readonly #warned = new Set<string>();
  /** Connections that `#refused` counts. */
  readonly #counted = new WeakSet<Survivor>();
  #upgraded = new WeakSet<Survivor>();
  #late = 0;
  /** How many did not move, by reason. */
  #refused: Record<string, number> = {};

  constructor(transport: Movability, survivors: ReadonlySet<Survivor>, orders: OutgoingOrders) {
    this.#transport = transport;
    this.#survivors = survivors;
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
    const upgraded = [...this.#survivors].filter(isUpgraded);
    this.#upgraded = new WeakSet(upgraded);
    this.#late = 0;
    return upgraded.length;
  }

  /** How many upgraded connections were not known when they were counted, and could move after all: their app was slow. */
  get late(): number {
    return this.#late;
  }

  #gone(survivor: Survivor): void {
    if (isUpgraded(survivor) && !this.#upgraded.has(survivor)) this.#late++;
  }

  /** The newest first: a client whose ticket may have expired must not be the first that a new release is judged by. */
  *atRest(): Generator<Survivor> {
    for (const survivor of [...this.#survivors].reverse()) {
      if (this.#refusalOf(survivor) === '' && this.#transport.isFlushed(survivor.socket)) yield survivor;
    }
  }

  /** The reason why it does not move, as one word; empty when it can. */
  #refusalOf(survivor: Survivor): string {
    if (this.#unknown.has(survivor.resumer)) return 'no-resumer';
    if (this.#unsaved.has(survivor)) return 'state';
    try {
      return survivor.refusal();
    } catch (error) {
      // The app's own `busy` is called in a timer of the drain: without this it would end the worker.
      this.#warnOnce(survivor.resumer, error);
      return 'busy';
    }
  }

  /** Whether it can go now: it is at rest, and its state can be sent. */
  mayGo(survivor: Survivor): boolean {
    if (this.#refusalOf(survivor) !== '') return false;
    try {
      survivor.pack();
      return true;
    } catch (error) {
      this.#unsaved.add(survivor);
      this.#warnOnce(survivor.resumer, error);
      return false;
    }
  }

  #warnOnce(resumer: string, error: unknown): void {
    if (this.#warned.has(resumer)) return;
    this.#warned.add(resumer);
    this.#orders.warn(`${resumer}: ${describeThrown(error)}; its connections stay until they are closed`);
  }

  /**
   * Another worker owns it. All of this is one tick: what the app has done until here is in the state or was held, and it
   * can do nothing more.
   */
  part(id: number, survivor: Survivor): void {
    let text: string | undefined;
    try {
      if (survivor.isSending?.()) throw new Error('the app did not come to the end of a message');
      const { request, answer, agreement } = survivor;
      const over = survivor.isOver?.() === true;
      const state = over ? '' : survivor.pack();
      const held = takeHeld(survivor.socket).toString('base64');
      text = pack({
        request,
        ...(answer && { answer }),
        ...(agreement && { agreement }),
        ...(over && { over }),
        held,
        ...(state !== '' && { state }),
      });
    } catch (error) {
      const { resumer } = survivor;
      this.#orders.warn(`${resumer}: ${describeThrown(error)}; its client was sent away`);
    }
    this.#gone(survivor);
    survivor.leave(text !== undefined);
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
  unknown({ resumer }: Survivor): void {
    if (this.#unknown.has(resumer)) return;
    this.#unknown.add(resumer);
    const kind = resumer.startsWith('stream:') ? 'surviveStream()' : 'survive()';
    this.#orders.warn(
      `${resumer}: the other workers' app has no ${kind} of that name: its connections stay until they are closed`,
    );
  }

  /** The reason why it is still here; empty when it can move. */
  whyStays(survivor: Survivor): string {
    const { socket } = survivor;
    const reason = this.#refusalOf(survivor) || this.#transport.whyImmovable(socket);
    return reason || (this.#transport.isFlushed(socket) ? '' : 'queue');
  }

  /** Counts the reason why this connection did not move; it is about to be closed. */
  refuse(survivor: Survivor): void {
    if (this.#counted.has(survivor)) return;
    this.#counted.add(survivor);
    this.#gone(survivor);
    const reason = this.whyStays(survivor) || 'no-taker';
    this.#refused[reason] = (this.#refused[reason] ?? 0) + 1;
  }

  /** The deadline: counts those that are still here. */
  refuseRest(): void {
    for (const survivor of this.#survivors) this.refuse(survivor);
  }
}
