/**
 * The outcome of connections that migrated, which the new worker's app resumes or does not: counted for a reload that
 * may have to be rolled back, and logged in a few lines however many there are. Created by Traffic.
 */
import type { MigrationCounts } from './decide/model.ts';
import type { Logger } from './log.ts';
import type { View } from './view.ts';

interface MigrationsOrders {
  readonly log: Logger;
  readonly view: Pick<View, 'identityOf' | 'ofUncommittedRelease'>;
  /** The counts of a worker of an uncommitted release. */
  changed(serial: number, counts: MigrationCounts): void;
}

interface ResumeFailure {
  readonly resumer: string;
  readonly reason: string;
  /** True when the app rejected the connection; false when the client had gone, or the state was lost. */
  readonly byApp: boolean;
}

/** The failures of one reason that have not been logged. */
interface Unlogged {
  readonly resumer: string;
  readonly reason: string;
  more: number;
}

interface Worker {
  readonly pid: number | undefined;
  taken: number;
  /** Connections whose outcome is known. */
  answered: number;
  /** Connections that the app rejected. */
  resumeFailed: number;
  last?: string;
  /** As it was reported last: some outcomes are not known. */
  waiting: boolean;
  patience?: NodeJS.Timeout;
  readonly reasons: Map<string, Unlogged>;
  summary?: NodeJS.Timeout;
  unloggedSince?: number;
}

/** A summary is logged when no failure has followed for so long, and at the latest after so long. */
const QUIET_MS = 3_000;
const SUMMARY_MS = 30_000;
/** A reason may name its client: more of them than this are only counted. */
const MOST_REASONS = 5;
const OTHERS = 'other reasons';
/** A worker knows the outcome within ten seconds; a reload waits no longer than this for one that is silent. */
const PATIENCE_MS = 15_000;

export class Migrations {
  readonly #orders: MigrationsOrders;
  readonly #workers = new Map<number, Worker>();
  readonly #changed = new Set<number>();
  /** Connections that could not be resumed, of all workers so far. */
  failures = 0;

  constructor(orders: MigrationsOrders) {
    this.#orders = orders;
  }

  #worker(serial: number): Worker {
    const pid = this.#orders.view.identityOf(serial)?.pid;
    const fresh = () => ({ pid, taken: 0, answered: 0, resumeFailed: 0, waiting: false, reasons: new Map() });
    const worker = this.#workers.get(serial) ?? fresh();
    this.#workers.set(serial, worker);
    return worker;
  }

  /** The worker has a connection with its state. */
  arrived(serial: number): void {
    const worker = this.#worker(serial);
    worker.taken++;
    this.#await(serial, worker);
  }

  /** The worker knows the outcome of so many more. */
  answered(serial: number, count: number): void {
    const worker = this.#worker(serial);
    worker.answered = Math.min(worker.taken, worker.answered + count);
    this.#await(serial, worker);
  }

  #await(serial: number, worker: Worker): void {
    clearTimeout(worker.patience);
    const waiting = worker.answered < worker.taken;
    if (waiting) {
      const giveUp = () => {
        worker.answered = worker.taken;
        this.#await(serial, worker);
      };
      worker.patience = setTimeout(giveUp, PATIENCE_MS).unref();
    }
    if (waiting === worker.waiting) return;
    worker.waiting = waiting;
    // At once: the next slot must not be drained in between.
    this.#report(serial);
  }

  /** The worker had a connection, and could not resume it. */
  resumeFailed(serial: number, { resumer, reason, byApp }: ResumeFailure): void {
    this.failures++;
    const worker = this.#worker(serial);
    this.#log(serial, worker, resumer, reason);
    if (!byApp) return;
    worker.resumeFailed++;
    worker.last = `${resumer}: ${reason}`;
    if (this.#changed.size === 0) setImmediate(() => this.#reportChanged());
    this.#changed.add(serial);
  }

  #reportChanged(): void {
    const serials = [...this.#changed];
    this.#changed.clear();
    for (const serial of serials) this.#report(serial);
  }

  #report(serial: number): void {
    const worker = this.#workers.get(serial);
    if (!worker || !this.#orders.view.ofUncommittedRelease(serial)) return;
    const { taken, resumeFailed, last, waiting } = worker;
    this.#orders.changed(serial, { taken, resumeFailed, waiting, ...(last !== undefined && { last }) });
  }

  /** The first failure of a kind is a line; the others are a number. */
  #log(serial: number, worker: Worker, resumer: string, reason: string): void {
    const { reasons, pid } = worker;
    const key = `${resumer} ${reason}`;
    const known = reasons.get(key);
    if (!known && reasons.size < MOST_REASONS) {
      reasons.set(key, { resumer, reason, more: 0 });
      this.#orders.log.warn(
        { event: 'resume-failed', pid, resumer, reason },
        `pid=${pid} could not resume a migrated connection (${resumer}): ${reason}`,
      );
      return;
    }
    const kind = `${resumer} ${OTHERS}`;
    const unlogged = known ?? reasons.get(kind) ?? { resumer, reason: OTHERS, more: 0 };
    if (!known) reasons.set(kind, unlogged);
    unlogged.more++;
    worker.unloggedSince ??= performance.now();
    const latest = worker.unloggedSince + SUMMARY_MS - performance.now();
    clearTimeout(worker.summary);
    worker.summary = setTimeout(() => this.#sumUp(serial), Math.max(0, Math.min(QUIET_MS, latest))).unref();
  }

  #sumUp(serial: number): void {
    const worker = this.#workers.get(serial);
    if (!worker) return;
    clearTimeout(worker.summary);
    delete worker.unloggedSince;
    const { pid, reasons } = worker;
    for (const unlogged of reasons.values()) {
      const { resumer, reason, more } = unlogged;
      if (more === 0) continue;
      unlogged.more = 0;
      const connections = `${more} more migrated connection${more === 1 ? '' : 's'}`;
      this.#orders.log.warn(
        { event: 'resume-failed', pid, resumer, reason, count: more },
        `pid=${pid} could not resume ${connections} (${resumer}): ${reason}`,
      );
    }
  }

  /** A reload is over: its summaries are logged before its verdict. */
  sumUp(): void {
    for (const serial of this.#workers.keys()) this.#sumUp(serial);
  }

  gone(serial: number): void {
    this.#sumUp(serial);
    clearTimeout(this.#workers.get(serial)?.patience);
    this.#workers.delete(serial);
  }
}
