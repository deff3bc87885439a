/**
 * What becomes of connections that moved with a state: counted for a reload that may have to be rolled back, and told
 * in the log, in a few lines however many there are. Created by Traffic.
 */
import type { MigrationCounts } from './decide/model.ts';
import type { Logger } from './log.ts';

interface MigrationsOrders {
  readonly log: Logger;
  pidOf(serial: number): number | undefined;
  /** Whether it matters to a reload what becomes of connections there. */
  isOnTrial(serial: number): boolean;
  changed(serial: number, arrivals: MigrationCounts): void;
}

interface ResumeFailure {
  readonly resumer: string;
  readonly reason: string;
  readonly byApp: boolean;
}

/** What has not been told yet of one reason. */
interface Untold {
  readonly resumer: string;
  readonly reason: string;
  more: number;
}

interface Worker {
  readonly pid: number | undefined;
  taken: number;
  answered: number;
  resumeFailed: number;
  last?: string;
  /** Whether it was said last that it has to be waited for. */
  waiting: boolean;
  patience?: NodeJS.Timeout;
  readonly reasons: Map<string, Untold>;
  summary?: NodeJS.Timeout;
  untoldSince?: number;
}

/** The others are summed up when there are no more for so long, and in any case after so long. */
const QUIET_MS = 3_000;
const SUMMARY_MS = 30_000;
/** A reason may name its client: of more than so many only their number is told. */
const MOST_REASONS = 5;
const OTHERS = 'other reasons';
/** A worker knows within ten seconds; one that says nothing for longer is not waited for. */
const PATIENCE_MS = 15_000;

export class Migrations {
  readonly #orders: MigrationsOrders;
  readonly #workers = new Map<number, Worker>();
  readonly #changed = new Set<number>();

  constructor(orders: MigrationsOrders) {
    this.#orders = orders;
  }

  #worker(serial: number): Worker {
    const pid = this.#orders.pidOf(serial);
    const fresh = () => ({ pid, taken: 0, answered: 0, resumeFailed: 0, waiting: false, reasons: new Map() });
    const worker = this.#workers.get(serial) ?? fresh();
    this.#workers.set(serial, worker);
    return worker;
  }

  /** The worker has one, with its state. */
  arrived(serial: number): void {
    const worker = this.#worker(serial);
    worker.taken++;
    this.#await(serial, worker);
  }

  /** The worker knows of so many more whether they go on. */
  answered(serial: number, count: number): void {
    const worker = this.#worker(serial);
    worker.answered += count;
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
    this.#tell(serial);
  }

  resumeFailed(serial: number, { resumer, reason, byApp }: ResumeFailure): void {
    const worker = this.#worker(serial);
    this.#log(serial, worker, resumer, reason);
    if (!byApp) return;
    worker.resumeFailed++;
    worker.last = `${resumer}: ${reason}`;
    if (this.#changed.size === 0) setImmediate(() => this.#tellChanged());
    this.#changed.add(serial);
  }

  #tellChanged(): void {
    const serials = [...this.#changed];
    this.#changed.clear();
    for (const serial of serials) this.#tell(serial);
  }

  #tell(serial: number): void {
    const worker = this.#workers.get(serial);
    if (!worker || !this.#orders.isOnTrial(serial)) return;
    const { taken, resumeFailed, last, waiting } = worker;
    this.#orders.changed(serial, { taken, resumeFailed, waiting, ...(last !== undefined && { last }) });
  }

  /** The first of a kind is news; the others are a number. */
  #log(serial: number, worker: Worker, resumer: string, reason: string): void {
    const { reasons, pid } = worker;
    const key = `${resumer} ${reason}`;
    const known = reasons.get(key);
    if (!known && reasons.size < MOST_REASONS) {
      reasons.set(key, { resumer, reason, more: 0 });
      this.#orders.log.warn(
        { event: 'resume-failed', pid, resumer, reason },
        `${resumer}: a connection that came to pid=${pid} was closed there: ${reason}`,
      );
      return;
    }
    const kind = `${resumer} ${OTHERS}`;
    const untold = known ?? reasons.get(kind) ?? { resumer, reason: OTHERS, more: 0 };
    if (!known) reasons.set(kind, untold);
    untold.more++;
    worker.untoldSince ??= performance.now();
    const latest = worker.untoldSince + SUMMARY_MS - performance.now();
    clearTimeout(worker.summary);
    worker.summary = setTimeout(() => this.#sumUp(serial), Math.max(0, Math.min(QUIET_MS, latest))).unref();
  }

  #sumUp(serial: number): void {
    const worker = this.#workers.get(serial);
    if (!worker) return;
    clearTimeout(worker.summary);
    delete worker.untoldSince;
    const { pid, reasons } = worker;
    for (const untold of reasons.values()) {
      const { resumer, reason, more } = untold;
      if (more === 0) continue;
      untold.more = 0;
      const they = more === 1 ? 'connection that came to' : 'connections that came to';
      this.#orders.log.warn(
        { event: 'resume-failed', pid, resumer, reason, count: more },
        `${resumer}: ${more} more ${they} pid=${pid} ${more === 1 ? 'was' : 'were'} closed there: ${reason}`,
      );
    }
  }

  /** A reload is over: what is left to say is said before its verdict. */
  sumUp(): void {
    for (const serial of this.#workers.keys()) this.#sumUp(serial);
  }

  gone(serial: number): void {
    this.#sumUp(serial);
    clearTimeout(this.#workers.get(serial)?.patience);
    this.#workers.delete(serial);
  }
}
