import { Relay } from '../relay.ts';

/** Workers by serial, and everything that they and the connections got, in order. */
export class RelayScene {
  readonly relay: Relay;
  /** The receivers, the best first. */
  receivers: number[] = [];
  /** A receiver may come when there is none. */
  mayCome = false;
  mostHeld = 3;
  /** The peer without a time limit. */
  untimed: number | undefined;
  readonly #alive: Set<number>;
  readonly #said: string[] = [];
  /** Numbered through, and not per receiver, so that a story is easier to read. */
  #lastTake = 0;

  constructor(...workers: number[]) {
    this.#alive = new Set(workers);
    const mostHeld = () => this.mostHeld;
    this.relay = new Relay({
      peer: (serial) => (this.#alive.has(serial) ? this.#peer(serial) : undefined),
      arrived: () => {},
      receiverFor: (from, except) => this.receivers.find((serial) => serial !== from && !except.has(serial)),
      receiverMayCome: () => this.mayCome,
      rescuedMayWait: () => this.mayCome,
      get mostHeld() {
        return mostHeld();
      },
    });
  }

  #peer(serial: number) {
    return {
      ...(this.untimed === serial && { untimed: true as const }),
      take: () => {
        this.#said.push(`${serial} take ${++this.#lastTake}`);
        return this.#lastTake;
      },
      handedOver: (id: number) => this.#said.push(`${serial} handed-over ${id}`),
      keep: (id: number, reason: string) => this.#said.push(`${serial} keep ${id}: ${reason}`),
      state: (id: number, text?: string) => this.#said.push(`${serial} state ${id}: ${text}`),
    };
  }

  offer(from: number, id: number, name: string, resumer?: string): this {
    this.relay.offer(from, id, this.#connection(name), { resumer });
    return this;
  }

  /** The sender is stuck or about to end. */
  rescue(from: number, id: number, name: string, resumer?: string): this {
    this.relay.offer(from, id, this.#connection(name), { resumer, rescued: true });
    return this;
  }

  /** The sender is stuck, and offers again what it has offered under the number `instead`. */
  again(from: number, id: number, name: string, instead: number, resumer = 'websocket:0'): this {
    const given = { ...(resumer !== '' && { resumer }), rescued: true, instead };
    this.relay.offer(from, id, this.#connection(name), given);
    return this;
  }

  /** The sender has failed, and finishes its requests. */
  fail(from: number, id: number, name: string, resumer?: string): this {
    this.relay.offer(from, id, this.#connection(name), { resumer, failing: true });
    return this;
  }

  #connection(name: string) {
    return { close: () => this.#said.push(`close ${name}`) };
  }

  /** Another worker is in service. */
  come(serial: number): this {
    this.#alive.add(serial);
    this.receivers.push(serial);
    this.relay.offerHeld();
    return this;
  }

  /** As in the master: a worker that is gone is no receiver any more. */
  die(serial: number): this {
    this.#alive.delete(serial);
    this.receivers = this.receivers.filter((receiver) => receiver !== serial);
    this.relay.gone(serial);
    return this;
  }

  /** The lines since the last look. */
  said(): string[] {
    return this.#said.splice(0);
  }
}
