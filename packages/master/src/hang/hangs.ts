/**
 * Notices workers that give no heartbeat, explains them, and saves what they have. It kills none: that is ending.ts. The
 * other end is worker/src/heartbeat.ts. The Attendants create it. watchdog.ts says which worker is late, examine.ts finds
 * out why, and rescue.ts saves.
 */
import path from 'node:path';
import { describeWorker, LOOK_EVERY_MS, type WorkerIdentity } from '@tshorn/core';
import type { KillReason } from '../decide/events.ts';
import type { Rescue } from '../decide/model.ts';
import type { Logger } from '../log.ts';
import type { WatchedWorker } from './door.ts';
import type { Stuck, Telling } from './explain.ts';
import { Warnings } from './warnings.ts';
import { Watchdog } from './watchdog.ts';

export interface HangsEvents {
  readonly log: Logger;
  /** Directory of tshorn's own code in a worker. */
  readonly own: string;
  onHung(serial: number, silentMs: number): void;
  /** See Telling (explain.ts). */
  readonly onExplained?: Telling['onExplained'];
  /** See Meanwhile (rescue.ts). */
  takesRescued(): boolean;
  /** Passes on the heartbeats that workers at rest have left in their file. Absent: all are messages. */
  readHeartbeats?(): void;
}

interface WorkerRecord {
  readonly worker: WatchedWorker;
  readonly bornAt: number;
  lastHeartbeat?: { readonly at: number; readonly loopDelayMs: number };
  /** When it was declared hung. */
  hungAt?: number;
  /** Of the attempt to save what it has; aborted at a crash. */
  crashed?: AbortController;
}

/** The explanation may take so much of the two seconds before the kill (ending.ts): most take a tenth of one, but a machine may be busy. */
const EXPLAIN_MS = 1_850;
/** With no heartbeat for this long the event loop of a worker that is to be killed is stuck, and not just busy. */
const SILENT_MS = 3_500;
/** While it loads its app it gives no heartbeat. */
const SILENT_BOOT_MS = 2_500;

export class Hangs {
  readonly #around: HangsEvents;
  readonly #watchdog = new Watchdog();
  readonly #records = new Map<number, WorkerRecord>();
  readonly #warnings: Warnings;
  #timer: NodeJS.Timeout | undefined;

  constructor(around: HangsEvents) {
    this.#around = around;
    this.#warnings = new Warnings(around.log);
  }

  add(serial: number, worker: WatchedWorker): void {
    this.#records.set(serial, { worker, bornAt: performance.now() });
    this.#setTimer();
  }

  late(serial: number, loopDelayMs: number, requests: unknown): void {
    const worker = this.#warnable(serial);
    // The loop that has just been interrupted was late, and everybody knows.
    if (this.#records.get(serial)?.hungAt !== undefined) return;
    if (worker) this.#warnings.late(serial, worker, loopDelayMs, requests);
  }

  waiting(serial: number, requests: unknown, more: number): void {
    const worker = this.#warnable(serial);
    if (worker) this.#warnings.waiting(worker, requests, more);
  }

  /** Undefined for a worker that a debugger may have kept waiting. */
  #warnable(serial: number): WorkerIdentity | undefined {
    const { identity, handle } = this.#records.get(serial)?.worker ?? {};
    if (handle?.inspector.debugged) return undefined;
    return identity && { ...identity, pid: handle?.pid };
  }

  /** @param at when it was given, in monotonic milliseconds */
  heartbeat(serial: number, loopDelayMs: number, at: number): void {
    const record = this.#records.get(serial);
    if (!record) return;
    record.lastHeartbeat = { at, loopDelayMs };
    const { timeoutMs } = record.worker;
    if (timeoutMs > 0) this.#watchdog.heartbeat(serial, timeoutMs, at);
    this.#setTimer();
  }

  /** It runs again: a signal of ours ends a system call that waits, and the app may throw at that. */
  crashed(serial: number): void {
    this.#records.get(serial)?.crashed?.abort();
  }

  gone(serial: number): void {
    this.#records.delete(serial);
    this.#watchdog.forget(serial);
    this.#warnings.forget(serial);
  }

  #setTimer(): void {
    if (this.#records.size === 0) return;
    // Also without --timeout: whoever looks at the server wants the figures of the heartbeats.
    const ms = this.#watchdog.tickMs ?? LOOK_EVERY_MS;
    this.#timer ??= setTimeout(() => this.#tick(), ms).unref();
  }

  #tick(): void {
    this.#timer = undefined;
    this.#watchdog.tick(performance.now());
    this.#around.readHeartbeats?.();
    // Timers come before the channels in Node's loop: heartbeats that have arrived are read first. Those of the time that reading
    // takes are not.
    const now = performance.now();
    if (this.#watchdog.silent(now).length > 0) setImmediate(() => this.#giveUp(now));
    this.#setTimer();
  }

  /** @param now heartbeats from before it have been read */
  #giveUp(now: number): void {
    for (const { serial, ms } of this.#watchdog.silent(now)) {
      this.#watchdog.forget(serial);
      const { handle } = this.#records.get(serial)?.worker ?? {};
      if (handle?.connected && !handle.inspector.debugged) this.#around.onHung(serial, ms);
    }
  }

  /**
   * Logs why a worker that is about to be killed is stuck; the watch on it ends.
   * @returns undefined for a worker that is not stuck; rejects only when the log cannot be written
   */
  explain(serial: number, reason: Exclude<KillReason, 'not-loaded'>): Promise<void> | undefined {
    const stuck = this.#stuck(serial, reason);
    if (!stuck) return undefined;
    // The first explanation waits for its code, which is loaded then.
    const until = performance.now() + EXPLAIN_MS;
    return import('./explain.ts')
      .then(({ explain }) => explain(stuck, this.#around, Math.max(0, until - performance.now())))
      .catch((error) => this.#failed(stuck, error));
  }

  /** Logs why a worker hangs, and saves what it has. Never rejects. */
  async rescue(serial: number): Promise<Rescue> {
    const stuck = this.#stuck(serial, 'hung');
    const record = this.#records.get(serial);
    if (!stuck || !record) return { outcome: 'stuck', rescued: 0, why: 'its process has ended' };
    const { takesRescued } = this.#around;
    const hungAt = performance.now();
    record.hungAt = hungAt;
    // One that has crashed before may hang while it drains.
    record.crashed = new AbortController();
    const { signal: crashed } = record.crashed;
    const turned = () => {
      this.#around.readHeartbeats?.();
      return (record.lastHeartbeat?.at ?? 0) > hungAt || crashed.aborted;
    };
    try {
      const { rescue } = await import('./rescue.ts');
      return await rescue(stuck, this.#around, { turned, takesRescued, crashed });
    } catch (error) {
      this.#failed(stuck, error);
      return { outcome: 'stuck', rescued: 0, why: 'the attempt failed' };
    }
  }

  #stuck(serial: number, reason: Exclude<KillReason, 'not-loaded'>): Stuck | undefined {
    this.#around.readHeartbeats?.();
    const { worker, lastHeartbeat, bornAt } = this.#records.get(serial) ?? {};
    if (!worker || bornAt === undefined) return undefined;
    this.#watchdog.forget(serial);
    const { handle } = worker;
    const silentMs = performance.now() - (lastHeartbeat?.at ?? bornAt);
    const isSilent = silentMs > (lastHeartbeat ? SILENT_MS : SILENT_BOOT_MS);
    // An app whose own clean-up does not end may go on giving heartbeats.
    if ((reason === 'never-came-up' && !isSilent) || handle.pid === undefined) return undefined;
    const isHung = handle.connected && (isSilent || reason === 'hung');
    const phase = lastHeartbeat === undefined ? 'booting' : isHung ? 'hung' : 'leaving';
    return { worker, silentMs, phase, loopDelayMs: lastHeartbeat?.loopDelayMs };
  }

  #failed({ worker }: Stuck, error: unknown): void {
    this.#around.log.error(`${describeWorker(worker.identity)} could not be explained: ${error}`);
  }
}

/** The directory of the file that a worker runs. */
export const ownDirectory = (workerFile: string): string => `${path.dirname(workerFile)}/`;
