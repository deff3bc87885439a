/**
 * A master and the master beside it: `NewMaster` while this one hands over, `OldMaster` where this one takes over. Created by
 * the master; refuses what must wait until there is one master again.
 */
import type { Config } from '@tshorn/config';
import { scaledOf } from '../decide/desired.ts';
import { NEW_MASTER, OLD_MASTER, type State, type StopMode } from '../decide/model.ts';
import type { Notice } from '../decide/notice.ts';
import type { Listener } from '../listeners.ts';
import type { Relay } from '../relay.ts';
import type { Release } from '../release.ts';
import type { TicketKeys } from '../tls/ticket-keys.ts';
import type { Party } from '../traffic.ts';
import type { Command } from './command.ts';
import { NewMaster } from './new-master.ts';
import type { OldMaster } from './old-master.ts';
import { whyNoReExec } from './refusal.ts';
import { bringsBackByReExec, type Replaced } from './replaced.ts';

/** The master that this belongs to. */
export interface ThisMaster {
  readonly command?: Command | undefined;
  readonly oldMaster?: OldMaster | undefined;
  readonly env: NodeJS.ProcessEnv;
  state(): State;
  listeners(): readonly Listener[];
  readonly ticketKeys: Pick<TicketKeys, 'keys' | 'use'>;
  /** The release that a rollback has replaced, while an older one serves. */
  replaced(): Replaced | undefined;
  timing(): { readonly bootTimeout: number; readonly grace: number };
  tell(notice: Notice): void;
  /** The new master is active. `kept`: the listeners that it has, by name. */
  handOver(kept: readonly string[], pid: number, takes: boolean): void;
  /** Where connections pass; undefined before the first worker is started. */
  relay(): Relay | undefined;
  /** Takes PID file and control socket from the old master. Rejects when one of them cannot be taken. */
  takeOver(): Promise<void>;
  /** Takes those that can be taken, and logs the rest. Never rejects. */
  reclaim(): Promise<void>;
  /** This master is the active one from now on. */
  becameActive(): void;
}

/** The new master and its workers answer within this time; a client whose connection nobody has taken by then is lost. */
const LAST_ANSWERS_MS = 2_000;
const LOOK_EVERY_MS = 20;

/** Resolves when no connection waits for a receiver or its answer, when nobody takes any, or when the time is over. */
export async function lastAnswers(relay: Relay, hasTaker: () => boolean): Promise<void> {
  const until = performance.now() + LAST_ANSWERS_MS;
  while (relay.onWay + relay.held > 0 && hasTaker() && performance.now() < until) {
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
  }
}

/** The master itself, where it follows another one. */
interface Following {
  on(event: 'notice', listener: (notice: Notice) => void): unknown;
  stop(mode: StopMode, by: string): void;
}

export class ReExec {
  readonly #master: ThisMaster;
  /** The last one; it is still spoken to when it is active. */
  #newMaster: NewMaster | undefined;
  #isUnderWay = false;

  constructor(master: ThisMaster) {
    this.#master = master;
  }

  /** Pid of the new master that is not active yet. */
  get newMaster(): number | undefined {
    return this.#isUnderWay ? this.#newMaster?.pid : undefined;
  }

  /** Resolves when this master owes the new one nothing: that one is active, or gone, and has the last connections. */
  async settled(): Promise<void> {
    await this.#newMaster?.ended;
    const relay = this.#master.relay();
    // The last worker may be gone before all that it has handed out was taken.
    if (relay) await lastAnswers(relay, () => this.#hasTaker);
  }

  get #hasTaker(): boolean {
    return this.#master.state().stop?.newMaster === true && this.#newMaster?.receiver !== undefined;
  }

  /** The old or the new master, as one that gives or takes connections. */
  neighbour(serial: number): Party | undefined {
    if (serial === OLD_MASTER) return this.#master.oldMaster?.giver;
    return serial === NEW_MASTER ? this.#newMaster?.receiver : undefined;
  }

  /** The old master is still active. */
  get isFollowing(): boolean {
    const { oldMaster } = this.#master;
    return oldMaster !== undefined && !oldMaster.isReplaced;
  }

  /** Workers that are started now would be those of a master that leaves, or that may not stay. */
  get isBeside(): boolean {
    return this.#isUnderWay || this.isFollowing;
  }

  refuses(what: string): boolean {
    if (!this.isBeside) return false;
    this.#warn(`${what} refused: a re-exec is under way`);
    return true;
  }

  begin(by: string): void {
    const { command, ...master } = this.#master;
    const refusal = whyNoReExec({
      pid: process.pid,
      state: master.state(),
      hasCommand: command !== undefined,
      hasNewMaster: this.#isUnderWay,
      isFollowing: this.isFollowing,
    });
    if (refusal !== undefined || !command) return this.#warn(`re-exec by ${by} refused: ${refusal}`);
    this.#isUnderWay = true;
    const { bootTimeout, grace } = master.timing();
    const side = {
      ...master,
      command,
      listeners: master.listeners(),
      passed: {
        left: master.state().left?.by,
        replaced: master.replaced(),
        scaled: scaledOf(master.state().desired),
      },
      ticketKeys: () => master.ticketKeys.keys,
      bootTimeout,
      grace,
      warn: (text: string) => this.#warn(text),
      took: (id: number) => master.relay()?.took(NEW_MASTER, id),
      declined: (id: number, reason: string) => master.relay()?.declined(NEW_MASTER, id, reason),
    };
    this.#newMaster = new NewMaster(side, by);
    void this.#newMaster.ended.then(() => {
      this.#isUnderWay = false;
    });
  }

  stop(mode: StopMode, by: string): void {
    this.#newMaster?.stop(mode, `${mode} stop by ${by}`);
  }

  /** The first release is read, and its workers are about to start. */
  warnOfReturn(release: Release | undefined): void {
    const { oldMaster } = this.#master;
    const text = release && bringsBackByReExec(release, oldMaster?.listeners.state.replaced);
    if (text !== undefined) this.#warn(text);
  }

  /** The workers of this master are starting: from here on it can take over. */
  follow(master: Following, { bootTimeout }: Pick<Config, 'bootTimeout'>): void {
    const { oldMaster, takeOver, reclaim, becameActive, tell, relay, ticketKeys, state } = this.#master;
    oldMaster?.follow({
      workers: state().size,
      bootTimeout,
      onNotice: (listener) => void master.on('notice', listener),
      takeOver,
      takeWhatIsThere: reclaim,
      becameActive: (by) => {
        // Before the line: whoever acts on it reaches this master.
        becameActive();
        tell({
          event: 'took-over',
          level: 'info',
          text: `active: pid ${process.pid}, ${by}`,
          oldMaster: oldMaster.pid,
        });
      },
      stop: (mode, reason) => master.stop(mode, reason),
      offered: (id, connection, { resumer, carry }) =>
        relay()?.offer(OLD_MASTER, id, connection, { resumer, carry }),
      state: (id, text) => relay()?.state(OLD_MASTER, id, text),
      sent: (upTo) => relay()?.sent(OLD_MASTER, upTo),
      useTicketKeys: (keys) => ticketKeys.use(keys),
    });
  }

  #warn(text: string): void {
    this.#master.tell({ event: 'noted', level: 'warn', text });
  }
}
