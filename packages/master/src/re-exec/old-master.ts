/**
 * The old master of a re-exec, as the new master sees it: the channel to it, and the listeners that come from it. The other
 * end is new-master.ts. It performs the effects of take-over.ts.
 */
import { describeThrown } from '@tshorn/core';
import type { StopMode } from '../decide/model.ts';
import type { Notice } from '../decide/notice.ts';
import { isAlive, statOf } from '../os/proc.ts';
import type { Party } from '../traffic.ts';
import type { Connection, Offer } from '../transfer.ts';
import { InheritedListeners, VARIABLE } from './inherited-listeners.ts';
import { readToNewMaster, type ToNewMaster, type ToOldMaster, wrap } from './messages.ts';
import {
  beginTakeOver,
  type TakeOver,
  type TakeOverEffect,
  type TakeOverEvent,
  takeOver,
} from './take-over.ts';

/** The acts of the new master that the old one's messages cause. */
export interface NewMasterSide {
  /** How many workers the config asks for. */
  readonly workers: number;
  /** Milliseconds. */
  readonly bootTimeout: number;
  onNotice(listener: (notice: Notice) => void): void;
  /** Takes the PID file and the control socket. Rejects when one of them cannot be taken. */
  takeOver(): Promise<void>;
  /** Takes what can be taken, and logs the rest. Never rejects. */
  takeWhatIsThere(): Promise<void>;
  becameActive(by: string): void;
  stop(mode: StopMode, by: string): void;
  /** Connections of the old master's workers, under the old master's numbers. */
  offered(id: number, connection: Connection, offer: Offer): void;
  state(id: number, text: string | undefined): void;
  sent(upTo: number): void;
  useTicketKeys(keys: string): void;
}

/** A process closes its descriptors some moments before its parent is told of its end. */
const GONE_WITHIN_MS = 2_000;
const LOOK_EVERY_MS = 20;

export class OldMaster {
  readonly #text: string;
  readonly #parent = process.ppid;
  #side: NewMasterSide | undefined;
  #state: TakeOver = beginTakeOver(process.ppid);
  /** Messages that came before this master could act on them. */
  #early: (() => void)[] = [];
  #listeners: InheritedListeners | undefined;
  #lastSend: Promise<void> = Promise.resolve();

  constructor(text: string) {
    this.#text = text;
    process.on('message', (value, handle) => {
      const message = readToNewMaster(value);
      if (message) this.#whenFollowing(() => this.#obey(message, handle));
    });
    process.once('disconnect', () => this.#whenFollowing(() => void this.#disconnected()));
  }

  /** @throws TshornError ERR_STATE when the old master is of a version that this one cannot follow */
  get listeners(): InheritedListeners {
    this.#listeners ??= new InheritedListeners(this.#text);
    return this.#listeners;
  }

  get pid(): number {
    return this.listeners.oldMaster;
  }

  /** This master is active, and the old one is not any more. */
  get isReplaced(): boolean {
    return this.#state.phase === 'active';
  }

  /** The workers of the new master are starting: from here on it can take over. */
  follow(side: NewMasterSide): void {
    this.#side = side;
    this.#state = beginTakeOver(this.pid);
    this.#send({ type: 'hello', bootTimeout: side.bootTimeout });
    side.onNotice((notice) => this.#dispatch({ type: 'noticed', notice, workers: side.workers }));
    for (const act of this.#early.splice(0)) act();
    // Node emits nothing for a channel that closed while it was still starting.
    if (!process.connected) void this.#disconnected();
  }

  /** Tells the old master why there will be no new one; resolves when the message is sent. */
  async failed(reason: string): Promise<void> {
    this.#dispatch({ type: 'not-started', reason });
    await this.#lastSend;
  }

  /** The old master as one that gives connections. */
  readonly giver: Party = {
    pid: undefined,
    give: () => {},
    take: () => 0,
    state: () => {},
    handedOver: (id) => this.#send({ type: 'took', id }),
    keep: (id, reason) => this.#send({ type: 'declined', id, reason }),
  };

  #whenFollowing(act: () => void): void {
    if (this.#side) act();
    else this.#early.push(act);
  }

  #obey(message: ToNewMaster, handle: unknown): void {
    switch (message.type) {
      case 'take':
        // A message whose descriptor was lost is declined when `sent` follows.
        if (handle) this.#side?.offered(message.id, handle as Connection, message);
        return;
      case 'state':
        return this.#side?.state(message.id, message.text);
      case 'sent':
        return this.#side?.sent(message.upTo);
      case 'ticket-keys':
        return this.#side?.useTicketKeys(message.keys);
      default:
        this.#dispatch({ type: 'told', message });
    }
  }

  async #disconnected(): Promise<void> {
    const until = performance.now() + GONE_WITHIN_MS;
    while (!this.#isGone()) {
      if (performance.now() > until) return this.#dispatch({ type: 'disconnected' });
      await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
    }
    this.#dispatch({ type: 'orphaned' });
  }

  /** A process whose parent has ended gets another one; a wrapper between the two may live on. */
  #isGone(): boolean {
    return process.ppid !== this.#parent || !isAlive(this.pid) || statOf(this.pid)?.state === 'Z';
  }

  #dispatch(event: TakeOverEvent): void {
    const { state, effects } = takeOver(this.#state, event);
    this.#state = state;
    for (const effect of effects) this.#perform(effect);
  }

  #perform(effect: TakeOverEffect): void {
    const side = this.#side;
    switch (effect.do) {
      case 'send':
        return this.#send(effect.message);
      case 'take-over':
        return this.#taking(side?.takeOver());
      case 'take-what-is-there':
        return this.#taking(side?.takeWhatIsThere().catch(() => {}));
      case 'become-active':
        this.listeners.own();
        try {
          // Logged first: whoever reads that the old master is done knows the pid of the new one by then.
          side?.becameActive(effect.by);
        } finally {
          this.#send({
            type: 'took-over',
            kept: this.listeners.kept,
            takes: true,
            resumes: true,
            carries: true,
          });
        }
        return;
      case 'stop':
        return side?.stop(effect.mode, effect.reason);
    }
  }

  #taking(done: Promise<void> | undefined): void {
    void done?.then(
      () => this.#dispatch({ type: 'taken-over' }),
      (error) => {
        const reason = error instanceof Error ? error.message : describeThrown(error);
        this.#dispatch({ type: 'not-taken-over', reason });
      },
    );
  }

  #send(message: ToOldMaster): void {
    this.#lastSend = new Promise((resolve) => {
      if (!process.connected || !process.send) return resolve();
      process.send(wrap(message), undefined, {}, () => resolve());
    });
  }
}

/**
 * The channel to the master that has started this one; undefined for a start of its own. The variable is taken out
 * of the environment: no process that this one starts has these descriptors.
 */
export function takeOldMaster(env: NodeJS.ProcessEnv): OldMaster | undefined {
  const text = env[VARIABLE];
  delete env[VARIABLE];
  return text === undefined ? undefined : new OldMaster(text);
}
