/**
 * What tells others which master is active: the PID file and the control socket. A master has them from its
 * start on, or takes them from the master that it follows.
 */
import type { Resolved } from '@tshorn/config';
import type { Control } from './control/control.ts';
import type { Controlled } from './control/controlled.ts';
import { openControl } from './control/open.ts';
import type { Logger } from './log.ts';
import { PidFile } from './pid-file.ts';

export class Charge {
  readonly #master: Controlled;
  readonly #log: Logger;
  readonly #resolved: Resolved;
  readonly #pidFile: PidFile | undefined;
  #control: Promise<Control | undefined> | undefined;

  /**
   * Looks, and changes nothing.
   * @param predecessor pid of the master that hands over to this one
   * @throws TshornError ERR_PID_FILE when the file names another live master
   */
  constructor(master: Controlled, log: Logger, resolved: Resolved, predecessor?: number) {
    this.#master = master;
    this.#log = log;
    this.#resolved = resolved;
    const { pidFile } = resolved.config;
    this.#pidFile = pidFile === undefined ? undefined : new PidFile(pidFile, log);
    this.#pidFile?.check(predecessor);
  }

  /** @throws TshornError ERR_PID_FILE when it cannot be written */
  writePidFile(): void {
    this.#pidFile?.write();
  }

  openControl(replaces = false): Promise<unknown> {
    this.#control = openControl(this.#master, this.#log, this.#resolved, replaces);
    return this.#control;
  }

  /** Both, from the master before this one. @throws TshornError ERR_PID_FILE */
  async takeOver(): Promise<void> {
    this.writePidFile();
    await this.openControl(true);
  }

  /** Another master that was about to take them is gone, or will be. */
  async reclaim(): Promise<void> {
    this.writePidFile();
    await (await this.#control)?.reclaim();
  }

  /** Another master has them. */
  async leave(): Promise<void> {
    (await this.#control)?.leave();
  }

  /** At the very end. What another master has taken stays. */
  async end(): Promise<void> {
    this.#pidFile?.remove();
    await (await this.#control)?.close();
  }
}
