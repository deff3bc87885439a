/**
 * Workers that give no heartbeat: noticed and explained. The other end is worker/src/heartbeat.ts. Created by the
 * Performer. Which worker is late says watchdog.ts; why, explain.ts, which is loaded for the first one that is.
 */
import path from 'node:path';
import { describeWorker, formatMs, type WorkerIdentity } from '@tshorn/core';
import type { KillReason } from '../decide/model.ts';
import type { Logger } from '../log.ts';
import type { LogEvent } from '../log-events.ts';
import type { WorkerHandle } from '../worker-handle.ts';
import { fieldsOf, Warnings } from './warnings.ts';
import { Watchdog } from './watchdog.ts';

/** One worker, from outside. */
export interface Subject {
  readonly identity: WorkerIdentity;
  /** Working directory of its release. */
  readonly cwd: string;
  /** 0: no watch. */
  readonly timeoutMs: number;
  /** Whether its inspector cannot be opened by a signal. */
  readonly doorClosed: boolean;
  readonly handle: Pick<WorkerHandle, 'pid' | 'connected' | 'door' | 'openInspector'>;
}

export interface HangsEvents {
  readonly log: Logger;
  /** The directory of tshorn's own code in a worker. */
  readonly own: string;
  onHung(serial: number, silentMs: number): void;
}

interface Patient {
  readonly subject: Subject;
  readonly bornAt: number;
  lastBeat?: { readonly at: number; readonly loopDelayMs: number };
}

type Phase = 'booting' | 'hung' | 'leaving';

/** The event for a worker whose event loop turns after all. */
const EVENTS: Record<Phase, LogEvent> = { booting: 'never-came-up', hung: 'hung', leaving: 'never-left' };
const HEADS: Record<Phase, (silence: string) => string> = {
  booting: (silence) => `did not come up in ${silence}: `,
  hung: (silence) => `hung: no heartbeat for ${silence}; `,
  leaving: () => 'did not finish its own clean-up: ',
};

/** In the log's field; its text has fewer. */
const MOST_FRAMES = 30;

/** The process itself may take so much of the second before the kill (ending.ts); then the kernel is asked. */
const EXPLAIN_MS = 850;
/** With no heartbeat for this long the loop of a worker that is to go is stuck, and not just full of work. */
const SILENT_MS = 3_500;
/** Before its app is loaded it gives none at all. */
const SILENT_BOOT_MS = 2_500;

export class Hangs {
  readonly #around: HangsEvents;
  readonly #watchdog = new Watchdog();
  readonly #patients = new Map<number, Patient>();
  readonly #warnings: Warnings;
  #timer: NodeJS.Timeout | undefined;

  constructor(around: HangsEvents) {
    this.#around = around;
    this.#warnings = new Warnings(around.log);
  }

  add(serial: number, subject: Subject): void {
    this.#patients.set(serial, { subject, bornAt: performance.now() });
  }

  late(serial: number, loopDelayMs: number, requests: unknown): void {
    const worker = this.#workerOf(serial);
    if (worker) this.#warnings.late(serial, worker, loopDelayMs, requests);
  }

  waiting(serial: number, requests: unknown, more: number): void {
    const worker = this.#workerOf(serial);
    if (worker) this.#warnings.waiting(worker, requests, more);
  }

  #workerOf(serial: number): WorkerIdentity | undefined {
    const { identity, handle } = this.#patients.get(serial)?.subject ?? {};
    return identity && { ...identity, pid: handle?.pid };
  }

  heartbeat(serial: number, loopDelayMs: number): void {
    const patient = this.#patients.get(serial);
    if (!patient) return;
    const now = performance.now();
    patient.lastBeat = { at: now, loopDelayMs };
    const { timeoutMs } = patient.subject;
    if (timeoutMs > 0) this.#watchdog.sign(serial, timeoutMs, now);
    this.#wind();
  }

  gone(serial: number): void {
    this.#patients.delete(serial);
    this.#watchdog.forget(serial);
    this.#warnings.forget(serial);
  }

  #wind(): void {
    const ms = this.#watchdog.tickMs;
    if (ms !== undefined) this.#timer ??= setTimeout(() => this.#tick(), ms).unref();
  }

  #tick(): void {
    this.#timer = undefined;
    this.#watchdog.tick(performance.now());
    // Timers come before the channels in Node's loop: signs that have arrived are read first.
    if (this.#watchdog.silent(performance.now()).length > 0) setImmediate(() => this.#condemn());
    this.#wind();
  }

  #condemn(): void {
    for (const { serial, ms } of this.#watchdog.silent(performance.now())) {
      this.#watchdog.forget(serial);
      const { handle } = this.#patients.get(serial)?.subject ?? {};
      if (handle?.connected && !handle.door.debugged) this.#around.onHung(serial, ms);
    }
  }

  /**
   * Logs why the worker is stuck; undefined where it is not stuck, or not known. Never rejects because of the worker;
   * a log that fails may reject it. The watch on this worker ends.
   */
  explain(serial: number, reason: KillReason): Promise<void> | undefined {
    const patient = this.#patients.get(serial);
    if (!patient) return undefined;
    this.#watchdog.forget(serial);
    const { subject, lastBeat, bornAt } = patient;
    const silentMs = performance.now() - (lastBeat?.at ?? bornAt);
    const stuck = reason === 'hung' || silentMs > (lastBeat ? SILENT_MS : SILENT_BOOT_MS);
    if (!stuck || subject.handle.pid === undefined) return undefined;
    const phase = lastBeat === undefined ? 'booting' : subject.handle.connected ? 'hung' : 'leaving';
    return this.#explain(patient, silentMs, phase).catch((error) => {
      this.#around.log.error(`${describeWorker(subject.identity)} could not be explained: ${error}`);
    });
  }

  async #explain({ subject, lastBeat }: Patient, silentMs: number, phase: Phase): Promise<void> {
    const { identity, cwd, doorClosed, handle } = subject;
    const { door, pid = 0 } = handle;
    const since = performance.now();
    const { explain, say, runsApp } = await import('./explanation.ts');
    const withinMs = EXPLAIN_MS - (performance.now() - since);
    const found = await explain({ pid, door, doorClosed, knock: () => handle.openInspector() }, withinMs);
    const place = { cwd, own: this.#around.own, silentMs, mayTurn: phase !== 'hung' };
    const { headline, details } = say(found, place);
    const worker = { ...identity, pid };
    const { stack = [], requests, rss = found.rss, heapUsed } = found.inspection ?? {};
    const turns = found.inspection !== undefined && !runsApp(stack, place.own);
    const head = `${describeWorker(worker)} ${HEADS[phase](formatMs(silentMs))}${headline}`;
    const delay = lastBeat && `event loop at its last heartbeat: late by ${formatMs(lastBeat.loopDelayMs)}`;
    const lines = [...details, ...(delay ? [delay] : [])].map((line) => `\n  | ${line}`);
    this.#around.log.error(
      {
        event: turns ? EVENTS[phase] : 'hung',
        ...fieldsOf(worker),
        silentMs: Math.round(silentMs),
        reason: headline,
        // A frame of ours may lie on top: Node tells the process of a signal wherever it is.
        stack: stack.filter(({ file }) => !file.startsWith(place.own)).slice(0, MOST_FRAMES),
        // Absent where only the process could have told them: an empty list says that there are none.
        ...(requests && { requests }),
        ...(rss !== undefined && { rss, heapUsed }),
        ...(lastBeat && { loopDelayMs: lastBeat.loopDelayMs }),
        ...(found.kernel && { kernel: found.kernel }),
      },
      head + lines.join(''),
    );
  }
}

/** The directory that holds the file of a worker's code. */
export const ownDirectory = (workerFile: string): string => `${path.dirname(workerFile)}/`;
