/**
 * Opens the inspector of a worker for the master, and shuts it again. It listens on a free port of 127.0.0.1; its address
 * has a secret part, which Node writes to the worker's standard error alone, a pipe to the master.
 */
import { Deadline, describeWorker, formatMs, type WorkerIdentity } from '@tshorn/core';
import type { Logger } from '../log.ts';
import type { WorkerHandle } from '../worker-handle.ts';
import { Session } from './session.ts';
import { fieldsOf } from './warnings.ts';

/** One worker, from outside. */
export interface WatchedWorker {
  readonly identity: WorkerIdentity;
  /** Working directory of its release. */
  readonly cwd: string;
  /** `--timeout` in milliseconds; 0: no watch. */
  readonly timeoutMs: number;
  /** Why its inspector must stay closed: --disable-sigusr1, where a signal would end it, or --no-hang-debugger. */
  readonly inspectorDisabled?: 'disable-sigusr1' | 'no-hang-debugger' | undefined;
  readonly handle: Pick<WorkerHandle, 'pid' | 'connected' | 'inspector' | 'openInspector'>;
}

/** The worker shuts it when the connection of this debugger has ended (worker/src/containment/stuck.ts). */
const SHUT = `globalThis[Symbol.for('tshorn.stuck')].shutInspector() ?? true`;
const SHUT_MS = 500;

export class Door {
  readonly #worker: WatchedWorker;
  #openedAt: number | undefined;
  #session: Session | undefined;
  #hasLeft = false;

  constructor(worker: WatchedWorker) {
    this.#worker = worker;
  }

  /** @returns undefined where it may not be opened, or does not open within this time */
  async open(withinMs: number): Promise<Session | undefined> {
    const { handle, inspectorDisabled } = this.#worker;
    let timer: Deadline | undefined;
    const over = new Promise<undefined>((resolve) => {
      timer = new Deadline(withinMs, () => resolve(undefined));
    });
    const signal = () => {
      this.#openedAt = performance.now();
      handle.openInspector();
    };
    // Without the inspector the kernel is watched for a while all the same: the CPU time says a lot.
    const address = await Promise.race([inspectorDisabled ? over : handle.inspector.open(signal), over]);
    timer?.clear();
    if (address !== undefined && !this.#hasLeft) this.#session = new Session(address);
    return this.#session;
  }

  /** The process is about to end: it takes its inspector with it. */
  leave(): void {
    this.#hasLeft = true;
    this.#session?.end();
  }

  /** Shuts what was opened here. An inspector that somebody else has opened, or looks into, stays open. */
  async shut(log: Logger): Promise<void> {
    const { handle, identity } = this.#worker;
    if (this.#openedAt === undefined || this.#hasLeft || !handle.inspector.isOursAlone) return this.leave();
    const isShut = await this.#session?.evaluate(SHUT, SHUT_MS);
    this.leave();
    handle.inspector.shut();
    const named = { ...identity, pid: handle.pid };
    const openMs = Math.round(performance.now() - this.#openedAt);
    if (isShut) {
      const text = `${describeWorker(named)} its inspector was open for ${formatMs(openMs)}`;
      log.debug({ event: 'inspector-shut', ...fieldsOf(named), openMs }, text);
    }
  }
}
