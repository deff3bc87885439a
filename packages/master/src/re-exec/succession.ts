/**
 * One master after another, as the master's loop sees it: whether another one is on its way, and what that means
 * for what is asked meanwhile. It has a Successor while it is followed, and a Predecessor while it follows.
 */
import type { Config } from '@tshorn/config';
import { NEW_MASTER, OLD_MASTER, type State, type StopMode } from '../decide/model.ts';
import type { Notice } from '../decide/notice.ts';
import type { Listener } from '../listeners.ts';
import type { Relay } from '../relay.ts';
import type { Party } from '../traffic.ts';
import type { Command } from './command.ts';
import type { Heir, Predecessor } from './predecessor.ts';
import { whyNoReExec } from './refusal.ts';
import { Successor } from './successor.ts';

/** The master that this belongs to. */
export interface Reigning {
  readonly command?: Command | undefined;
  readonly predecessor?: Predecessor | undefined;
  readonly env: NodeJS.ProcessEnv;
  state(): State;
  listeners(): readonly Listener[];
  timing(): { readonly bootTimeout: number; readonly grace: number };
  tell(notice: Notice): void;
  /** The new master is active, and listens on these. */
  yield(kept: readonly string[], pid: number, takes: boolean): void;
  /** Where connections pass; undefined before the first worker is started. */
  relay(): Relay | undefined;
  takeOver(): Promise<void>;
  reclaim(): Promise<void>;
}

/** The master itself, where it follows another one. */
interface Following {
  on(event: 'notice', listener: (notice: Notice) => void): unknown;
  stop(mode: StopMode, by: string): void;
}

export class Succession {
  readonly #reigning: Reigning;
  #successor: Successor | undefined;
  /** It is still spoken to when it is active. */
  #last: Successor | undefined;

  constructor(reigning: Reigning) {
    this.#reigning = reigning;
  }

  /** Pid of the new master that is not active yet. */
  get successor(): number | undefined {
    return this.#successor?.pid;
  }

  /** Resolves when there is no new master any more that is not active. */
  get settled(): Promise<void> | undefined {
    return this.#successor?.ended;
  }

  /** The master before this one or after it, as one that gives or takes connections. */
  neighbour(serial: number): Party | undefined {
    if (serial === OLD_MASTER) return this.#reigning.predecessor?.giver;
    return serial === NEW_MASTER ? this.#last?.taker : undefined;
  }

  /** Whether another master is active still. */
  get isFollowing(): boolean {
    const { predecessor } = this.#reigning;
    return predecessor !== undefined && !predecessor.isInCharge;
  }

  /** The workers that are asked for would be those of a master that leaves, or that may not stay. */
  refuses(what: string): boolean {
    if (!this.#successor && !this.isFollowing) return false;
    this.#note(`${what} refused: one master is following another`);
    return true;
  }

  begin(by: string): void {
    const { command, ...around } = this.#reigning;
    const refusal = whyNoReExec({
      pid: process.pid,
      state: around.state(),
      hasCommand: command !== undefined,
      isFollowed: this.#successor !== undefined,
      isFollowing: this.isFollowing,
    });
    if (refusal !== undefined || !command) return this.#note(`re-exec by ${by} refused: ${refusal}`);
    const successor = new Successor({
      ...around,
      command,
      listeners: around.listeners(),
      ...around.timing(),
      took: (id) => around.relay()?.took(NEW_MASTER, id),
      declined: (id, reason) => around.relay()?.declined(NEW_MASTER, id, reason),
    });
    this.#successor = this.#last = successor;
    void successor.ended.then(() => {
      this.#successor = undefined;
    });
    successor.begin(by);
  }

  standDown(mode: StopMode, by: string): void {
    this.#successor?.standDown(mode, `${mode} stop by ${by}`);
  }

  /** This master's workers are starting: from here on it can take charge. */
  follow(master: Following, { workers, bootTimeout }: Pick<Config, 'workers' | 'bootTimeout'>): void {
    const { predecessor, takeOver, tell, relay } = this.#reigning;
    if (!predecessor) return;
    const takeCharge = async (by: string) => {
      await takeOver();
      const text = `active: pid ${process.pid}, ${by}`;
      tell({ event: 'in-charge', level: 'info', text, predecessor: predecessor.pid });
    };
    const heir: Heir = {
      size: workers,
      onNotice: (listener) => void master.on('notice', listener),
      stop: (mode, reason) => master.stop(mode, reason),
      takeCharge,
      offered: (id, connection, resumer) => relay()?.offer(OLD_MASTER, id, connection, resumer),
      state: (id, text) => relay()?.state(OLD_MASTER, id, text),
      sent: (upTo) => relay()?.sent(OLD_MASTER, upTo),
    };
    predecessor.follow(heir, bootTimeout);
  }

  #note(text: string): void {
    this.#reigning.tell({ event: 'noted', level: 'warn', text });
  }
}
