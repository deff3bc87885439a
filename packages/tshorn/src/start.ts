/** The library: a master in the calling process, and a handle to it. */
import { EventEmitter } from 'node:events';
import { fileURLToPath } from 'node:url';
import { OPTIONS, type Resolved, readValue, resolveConfig, type UserConfig } from '@tshorn/config';
import { type ReloadPlan, TshornError } from '@tshorn/core';
import {
  type Command,
  emitGuarded,
  isReached,
  type Log,
  listenToSignals,
  Master,
  type MasterStatus,
  type Notice,
  nextOperationId,
  type OldMaster,
  type Operation,
  openLog,
  type ReleaseStatus,
  whyScaleFailed,
} from '@tshorn/master';
import { checkPlatform, workingDirectory } from './surroundings.ts';

/** How a reload ended. `committed`: every worker is of the new generation. */
export type ReloadVerdict = Extract<Notice, { event: 'reload-finished' }>;

export interface StartOptions {
  /** The process's signals (HUP, TERM, INT, TTIN, ...) control the server. Default: false. */
  readonly signals?: boolean;
}

/**
 * A running server. Every notice is emitted as `notice`; `finished` comes once, with the exit code. A listener that
 * throws costs the server nothing: the error is logged.
 */
export class Server extends EventEmitter<{ notice: [Notice]; finished: [number] }> {
  readonly #master: Master;
  /** Resolves with the exit code when the master has stopped. */
  readonly finished: Promise<number>;

  constructor(master: Master) {
    super();
    this.#master = master;
    this.finished = new Promise((resolve) => master.once('finished', resolve));
    const logged = (error: unknown) => master.logListenerError(error);
    master.on('notice', (notice) => emitGuarded(this, 'notice', [notice], logged));
    master.on('finished', (code) => emitGuarded(this, 'finished', [code], logged));
  }

  /**
   * Replaces every worker by a new generation. Resolves with the verdict of the reload that serves this call, also
   * when it failed. Rejects with ERR_STATE when the reload is refused or the server stops first.
   * @param options `plan`: how the workers are replaced. Default: the option `reloadPlan`.
   */
  async reload({ plan }: { readonly plan?: ReloadPlan } = {}): Promise<ReloadVerdict> {
    return this.#reload({ kind: 'reload', by: 'reload()', ...(plan && { plan }) });
  }

  /**
   * Brings an older release back, as it was committed. Resolves and rejects as `reload`; also rejects with ERR_STATE where there
   * is no such release.
   * @param release its name, or a generation that had it. Default: the release that served before.
   */
  async rollback(release?: string | number): Promise<ReloadVerdict> {
    const found = this.#master.releases.find(release === undefined ? undefined : String(release));
    if (typeof found === 'object') throw new TshornError('ERR_STATE', `rollback(): ${found.refusal}`);
    return this.#reload({ kind: 'reload', by: 'rollback()', backTo: found });
  }

  /** Every release that can be served again, and the last ones that cannot; the newest first. */
  releases(): readonly ReleaseStatus[] {
    return this.#master.releases.list();
  }

  #reload(operation: Operation): Promise<ReloadVerdict> {
    const id = nextOperationId();
    const verdict = this.#until((notice) => {
      if (!('operation' in notice) || !notice.operation.ids.includes(id)) return undefined;
      if (notice.event === 'operation-failed') throw new TshornError('ERR_STATE', notice.text);
      return notice.event === 'reload-finished' ? notice : undefined;
    });
    this.#master.request({ ...operation, ids: [id] });
    return verdict;
  }

  /**
   * Rolls back the reload under way. Resolves with its verdict, whatever that is: `rolled-back`, or `aborted` when it
   * had not replaced a worker. Rejects with ERR_STATE when no reload is under way, or it has committed.
   */
  async abort(): Promise<ReloadVerdict> {
    const { reload } = this.status();
    if (!reload || reload.committed) {
      const why = reload ? 'the reload has committed already' : 'there is no reload under way';
      throw new TshornError('ERR_STATE', `abort(): ${why}: nothing to abort`);
    }
    const verdict = this.#until((notice) => (notice.event === 'reload-finished' ? notice : undefined));
    this.#master.abort('abort()');
    return verdict;
  }

  /**
   * Changes the number of workers, start-first. Resolves when the number is reached. Rejects with ERR_STATE when a new
   * worker cannot come into service or the server stops, and with ERR_OPTION for a number out of range.
   * @param workers a number that stands; or text, as `tshorn scale` takes it: `2..8` follows the load in this range, `auto` in
   * that of the config, or up to the number of CPUs
   */
  async scale(workers: number | string): Promise<void> {
    const { kind } = OPTIONS.workers;
    const asked = readValue(kind, workers, 'scale()');
    const size =
      typeof asked === 'number'
        ? { to: asked }
        : { range: asked, ...(workers === 'auto' && ({ back: true } as const)) };
    const id = nextOperationId();
    const done = this.#until((notice) => {
      const failed = whyScaleFailed(notice, id);
      if (failed !== undefined) throw new TshornError('ERR_STATE', failed);
      return isReached(notice, id) ? true : undefined;
    });
    this.#master.request({ kind: 'scale', by: 'scale()', ...size, ids: [id] });
    await done;
  }

  /** Stops; resolves with the exit code. `graceful` lets requests finish within the grace period. */
  stop(mode: 'graceful' | 'quick' | 'now' = 'graceful'): Promise<number> {
    this.#master.stop(mode, 'stop()');
    return this.finished;
  }

  /** Leaves the load balancer, as `tshorn leave`: the server serves on, until `stay()` or a stop. */
  leave(): void {
    this.#master.rotate('leave', 'leave()');
  }

  /** Ends `leave()`: the server asks for traffic again. */
  stay(): void {
    this.#master.rotate('stay', 'stay()');
  }

  status(): MasterStatus {
    return this.#master.status();
  }

  #until<T>(pick: (notice: Notice) => T | undefined): Promise<T> {
    return new Promise((resolve, reject) => {
      if (this.status().state === 'stopped') {
        return reject(new TshornError('ERR_STATE', 'the server has stopped'));
      }
      const end = (settle: () => void) => {
        this.#master.off('notice', look);
        this.#master.off('finished', stopped);
        settle();
      };
      const look = (notice: Notice) => {
        try {
          const picked = pick(notice);
          if (picked !== undefined) end(() => resolve(picked));
        } catch (error) {
          end(() => reject(error));
        }
      };
      const stopped = () => end(() => reject(new TshornError('ERR_STATE', 'the server has stopped')));
      this.#master.on('notice', look);
      this.#master.on('finished', stopped);
    });
  }
}

/** Starts a server in the calling process; index.ts has its documentation, and loads this file at the first call. */
export async function start(config: UserConfig, { signals = false }: StartOptions = {}): Promise<Server> {
  checkPlatform();
  const request = { env: process.env, cwd: workingDirectory(), overrides: config };
  const resolved = await resolveConfig(request);
  const log = openLog(resolved.config);
  return launch({
    resolved,
    resolveAgain: () => resolveConfig({ ...request, running: resolved.config }),
    log,
    signals,
  });
}

interface Launch {
  readonly resolved: Resolved;
  readonly resolveAgain: () => Promise<Resolved>;
  readonly log: Log;
  readonly signals: boolean;
  /** The command line that a re-exec repeats; absent under start(). */
  readonly command?: Command;
  /** The old master of a re-exec, which this one takes over from. */
  readonly oldMaster?: OldMaster | undefined;
}

export async function launch({ resolved, resolveAgain, log, signals, ...more }: Launch): Promise<Server> {
  for (const warning of resolved.warnings) log.logger.warn({ event: 'config-warning' }, warning);
  const workerFile = fileURLToPath(new URL('./worker.js', import.meta.url));
  const master = new Master({ resolved, resolveAgain, log, workerFile, env: process.env, ...more });
  const server = new Server(master);
  let release = () => {};
  if (signals) {
    release = listenToSignals({
      reload: (by) => master.request({ kind: 'reload', by }),
      scaleBy: (delta, by) => master.request({ kind: 'scale', delta, by }),
      stop: (mode, by) => master.stop(mode, by),
      reopenLog: () => master.reopenLog(),
      reExec: (by) => master.reExec(by),
    });
    void server.finished.then(release);
  }
  try {
    await master.start();
  } catch (error) {
    release();
    await log.flush();
    throw error;
  }
  return server;
}
