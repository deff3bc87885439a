/**
 * The new master's side of a re-exec: the line to the master that it follows. The other side is successor.ts.
 *
 * Until it is told to, the new master changes nothing that anybody can see: no PID file, no control socket.
 * When the old master dies before that, the new one takes charge at once: there is no other.
 */
import type { StopMode } from '../decide/model.ts';
import type { Notice } from '../decide/notice.ts';
import type { Connection } from '../relay.ts';
import type { Party } from '../traffic.ts';
import { Inheritance, VARIABLE } from './inheritance.ts';
import { type ToPredecessor, type ToSuccessor, unwrap, wrap } from './messages.ts';

/** The new master, as this end of the line needs it. */
export interface Heir {
  /** How many workers it has to have. */
  readonly size: number;
  onNotice(listener: (notice: Notice) => void): void;
  /** Resolves when the PID file and the control socket are its own. Rejects when it cannot be active. */
  takeCharge(by: string): Promise<void>;
  stop(mode: StopMode, by: string): void;
  /** A connection of one of the old workers, under the old master's number. */
  offered(id: number, connection: Connection, resumer: string | undefined): void;
  state(id: number, text: string | undefined): void;
  sent(upTo: number): void;
}

export class Predecessor {
  readonly inheritance: Inheritance;
  #heir: Heir | undefined;
  #state: 'following' | 'taking' | 'in-charge' | 'ended' = 'following';
  /** What came before there was anybody to act on it. */
  #early: (() => void)[] = [];
  #lastFailure = '';

  constructor(text: string) {
    this.inheritance = new Inheritance(text);
    process.on('message', (value, handle) => {
      const message = unwrap<ToSuccessor>(value);
      if (message) this.#when(() => this.#obey(message, handle));
    });
    process.once('disconnect', () => this.#when(() => this.#orphaned()));
  }

  get pid(): number {
    return this.inheritance.master;
  }

  get isInCharge(): boolean {
    return this.#state === 'in-charge';
  }

  /** From here on the new master exists, and its workers are starting. */
  follow(heir: Heir, bootTimeout: number): void {
    this.#heir = heir;
    void this.#send({ type: 'hello', bootTimeout });
    heir.onNotice((notice) => this.#look(notice));
    for (const act of this.#early.splice(0)) act();
    // A channel that closed while Node was still starting is told to nobody.
    if (!process.connected) this.#orphaned();
  }

  /** Tells the old master why there will be no new one; resolves when that has been said. */
  async failed(reason: string): Promise<void> {
    const untold = this.#state === 'following' || this.#state === 'taking';
    this.#state = 'ended';
    if (untold) await this.#send({ type: 'failed', reason });
  }

  #look(notice: Notice): void {
    if (notice.event === 'broken' || notice.event === 'crashed') this.#lastFailure = notice.text ?? '';
    if (this.#state !== 'following') return;
    if (notice.event === 'started') {
      if (notice.size >= (this.#heir?.size ?? 0)) void this.#send({ type: 'ready' });
      else {
        const why = this.#lastFailure && `: ${this.#lastFailure}`;
        void this.failed(`only ${notice.size} of its workers became ready${why}`);
        this.#heir?.stop('graceful', 'a start that is not complete');
      }
    }
    if (notice.event === 'stopping') {
      const why = notice.level === 'fatal' && this.#lastFailure && `: ${this.#lastFailure}`;
      void this.failed(`${notice.text}${why || ''}`);
    }
  }

  #when(act: () => void): void {
    if (this.#heir) act();
    else this.#early.push(act);
  }

  #obey(message: ToSuccessor, handle: unknown): void {
    switch (message.type) {
      case 'take-charge':
        void this.#takeCharge(`after pid ${this.pid}`);
        return;
      case 'stand-down':
        // Also when `in-charge` has crossed it: the service is to end.
        this.#state = 'ended';
        return this.#heir?.stop(message.mode, message.reason);
      case 'take':
        // What comes without one is declined when `sent` follows.
        if (handle) this.#heir?.offered(message.id, handle as Connection, message.resumer);
        return;
      case 'state':
        return this.#heir?.state(message.id, message.text);
      case 'sent':
        return this.#heir?.sent(message.upTo);
    }
  }

  /** The old master as one that gives connections. */
  readonly giver: Party = {
    pid: undefined,
    give: () => {},
    take: () => 0,
    state: () => {},
    handedOver: (id) => void this.#send({ type: 'took', id }),
    keep: (id, reason) => void this.#send({ type: 'declined', id, reason }),
  };

  /** The old master has been killed: its workers finish what they have, and only these here accept on. */
  #orphaned(): void {
    if (this.#state === 'following') void this.#takeCharge(`since pid ${this.pid} is gone`);
  }

  async #takeCharge(by: string): Promise<void> {
    if (this.#state !== 'following') return;
    this.#state = 'taking';
    try {
      await this.#heir?.takeCharge(by);
    } catch (error) {
      await this.failed(error instanceof Error ? error.message : String(error));
      return this.#heir?.stop('graceful', 'a take-over that failed');
    }
    if (this.#state !== 'taking') return;
    this.#state = 'in-charge';
    this.inheritance.own();
    await this.#send({ type: 'in-charge', kept: this.inheritance.kept, takes: true, continues: true });
  }

  #send(message: ToPredecessor): Promise<void> {
    return new Promise((resolve) => {
      if (!process.connected || !process.send) return resolve();
      process.send(wrap(message), undefined, {}, () => resolve());
    });
  }
}

/**
 * The line to the master that has started this one; undefined for a start of its own. The variable is taken out
 * of the environment: nothing that is started from here has these descriptors.
 */
export function takePredecessor(env: NodeJS.ProcessEnv): Predecessor | undefined {
  const text = env[VARIABLE];
  delete env[VARIABLE];
  return text === undefined ? undefined : new Predecessor(text);
}
