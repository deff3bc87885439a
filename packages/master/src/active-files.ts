/**
 * The files by which others find the active master: the PID file and the control socket. A master makes them at its
 * start, or takes them over from the old master of a re-exec. Created by the master.
 */
import type { Resolved } from '@tshorn/config';
import { describeThrown, TshornError } from '@tshorn/core';
import type { Control } from './control/control.ts';
import type { Controlled } from './control/controlled.ts';
import { openControl } from './control/open.ts';
import type { Logger } from './log.ts';
import { PidFile } from './pid-file.ts';

export class ActiveFiles {
  readonly #master: Controlled;
  readonly #log: Logger;
  readonly #resolved: Resolved;
  readonly #pidFile: PidFile | undefined;
  #control: Control | undefined;
  /** One change at a time: a socket that is being placed must not be closed before it is there. */
  #last: Promise<unknown> = Promise.resolve();

  /**
   * Looks, and changes nothing.
   * @param oldMaster pid of the master that hands over to this one
   * @throws TshornError ERR_PID_FILE when the file names another live master
   */
  constructor(master: Controlled, log: Logger, resolved: Resolved, oldMaster?: number) {
    this.#master = master;
    this.#log = log;
    this.#resolved = resolved;
    const { pidFile } = resolved.config;
    this.#pidFile = pidFile === undefined ? undefined : new PidFile(pidFile, log);
    this.#pidFile?.check(oldMaster);
  }

  /** Path of the control socket, while there is one. */
  get controlPath(): string | undefined {
    return this.#control?.problem === undefined ? this.#control?.path : undefined;
  }

  /** @throws TshornError ERR_PID_FILE when it cannot be written */
  writePidFile(): void {
    this.#pidFile?.write();
  }

  /** Never rejects: a server without a control socket still serves. */
  openControl(): Promise<void> {
    return this.#inTurn(() => this.#openControl(false));
  }

  /**
   * Takes both from the old master.
   * @throws TshornError ERR_PID_FILE, or ERR_CONTROL when a control socket with a path of its own cannot be taken
   */
  takeOver(): Promise<void> {
    return this.#inTurn(async () => {
      this.writePidFile();
      await this.#openControl(true);
      const problem = this.#control?.problem;
      // The old master has one, and can still go on: a master that nobody reaches is the worse choice.
      if (problem !== undefined && this.#resolved.given.has('control')) {
        throw new TshornError('ERR_CONTROL', `the control socket cannot be taken over: ${problem}`);
      }
    });
  }

  /** Takes both where that is possible: the master that had or was about to have them is gone. Never rejects. */
  reclaim(): Promise<void> {
    return this.#inTurn(async () => {
      try {
        this.writePidFile();
      } catch (error) {
        this.#warn(`this master is active without its PID file: ${describe(error)}`);
      }
      try {
        if (this.#control) await this.#control.reclaim();
        else await this.#openControl(true);
      } catch (error) {
        this.#warn(`this master is active without its control socket: ${describe(error)}`);
      }
    });
  }

  /** The new master has both: clients that are connected stay, and none is accepted any more. */
  leave(): Promise<void> {
    return this.#inTurn(async () => this.#control?.leave());
  }

  /** Removes what is this master's own; what another master has taken stays. A second call does nothing. */
  close(): Promise<void> {
    return this.#inTurn(async () => {
      this.#pidFile?.remove();
      const control = this.#control;
      this.#control = undefined;
      await control?.close();
    });
  }

  async #openControl(replaces: boolean): Promise<void> {
    this.#control = await openControl(this.#master, this.#log, this.#resolved, replaces);
  }

  #inTurn(change: () => Promise<void>): Promise<void> {
    const done = this.#last.then(change);
    this.#last = done.catch(() => {});
    return done;
  }

  #warn(text: string): void {
    this.#log.warn({ event: 'not-reclaimed' }, text);
  }
}

const describe = (error: unknown): string =>
  error instanceof TshornError ? error.message : describeThrown(error);
