/**
 * Connections with a state that leave this worker: which of them may go, what goes with them, and why the others
 * stay. When one goes is up to ../handoff-sender.ts.
 */
import { describeThrown } from '@tshorn/core';
import type { Transport } from '../transport/transport.ts';
import { takeHeld } from './held.ts';
import { pack, type Survivor } from './registry.ts';

export interface OutgoingOrders {
  /** What the new owner has to know; undefined when nobody knows it any more. */
  state(id: number, text: string | undefined): void;
  /** For the log. */
  warn(text: string): void;
}

const isUpgraded = ({ answer }: Survivor): boolean => answer === undefined;

type Movability = Pick<Transport, 'isFlushed' | 'whyImmovable'>;

export class OutgoingMigrations {
  readonly #transport: Movability;
  readonly #survivors: ReadonlySet<Survivor>;
  readonly #orders: OutgoingOrders;
  /** Closed while they were on their way, and who has them now waits for their state. */
  readonly #lost = new Set<number>();
  /** Migrations that no other worker has. */
  readonly #unknown = new Set<string>();
  /** Those without a state that can be sent, and of which resumers that has been said. */
  readonly #unsaved = new WeakSet<Survivor>();
  readonly #warned = new Set<string>();
  /** Those that are counted among the refused. */
  readonly #counted = new WeakSet<Survivor>();
  #upgraded = new WeakSet<Survivor>();
  #late = 0;
  /** Those that did not move, by reason. */
  #refused: Record<string, number> = {};

  constructor(transport: Movability, survivors: ReadonlySet<Survivor>, orders: OutgoingOrders) {
    this.#transport = transport;
    this.#survivors = survivors;
    this.#orders = orders;
  }

  /** Another drain, or another handful: other workers may have other apps now. */
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

  /** How many had left HTTP when they were counted, were not known, and could move after all: their app was slow. */
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

  /** Why it does not move, in a word; empty when it can. */
  #refusalOf(survivor: Survivor): string {
    if (this.#unknown.has(survivor.resumer)) return 'no-resumer';
    return this.#unsaved.has(survivor) ? 'state' : survivor.refusal();
  }

  /** Whether it is at rest, and has a state that can go with it. */
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

  /** Another worker owns it. All in one tick: what the app does until here is in the state or was held, and no more comes. */
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

  /** It has closed while it was on its way. */
  lost(id: number): void {
    this.#lost.add(id);
  }

  /** Nobody has it, and nobody waits. */
  stays(id: number): void {
    this.#lost.delete(id);
  }

  /** Another worker owns what has closed here meanwhile, and waits. */
  partWithNothing(id: number): void {
    if (this.#lost.delete(id)) this.#orders.state(id, undefined);
  }

  /** No other worker goes on with its kind. */
  unknown({ resumer }: Survivor): void {
    if (this.#unknown.has(resumer)) return;
    this.#unknown.add(resumer);
    const kind = resumer.startsWith('stream:') ? 'surviveStream()' : 'survive()';
    this.#orders.warn(
      `${resumer}: the other workers' app has no ${kind} of that name: its connections stay until they are closed`,
    );
  }

  /** Why it is still here; empty when it can move. */
  whyStays(survivor: Survivor): string {
    const { socket } = survivor;
    const reason = this.#refusalOf(survivor) || this.#transport.whyImmovable(socket);
    return reason || (this.#transport.isFlushed(socket) ? '' : 'queue');
  }

  /** It did not move, and is closed: why is counted. */
  refuse(survivor: Survivor): void {
    if (this.#counted.has(survivor)) return;
    this.#counted.add(survivor);
    this.#gone(survivor);
    const reason = this.whyStays(survivor) || 'no-taker';
    this.#refused[reason] = (this.#refused[reason] ?? 0) + 1;
  }

  /** The time is over for those that nobody has closed. */
  refuseRest(): void {
    for (const survivor of this.#survivors) this.refuse(survivor);
  }
}
