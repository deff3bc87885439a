/**
 * The figures of a server: counts of its workers, its notices, and its status, as metrics and as snapshots. They are for
 * people and programs that look at it; nothing here decides anything. Created by the master.
 */
import { describeThrown, openFileCount } from '@tshorn/core';
import type { Notice } from './decide/notice.ts';
import { lineOf } from './journal.ts';
import type { History } from './live/history.ts';
import type { Figured, Live } from './live/live.ts';
import { PastReloads } from './live/past-reloads.ts';
import { RecentCounts } from './live/recent-counts.ts';
import type { RecentLines } from './live/recent-lines.ts';
import type { LogFields } from './log-events.ts';
import { AppMetrics, type Warn } from './metrics/apps/app-metrics.ts';
import type { Family } from './metrics/family.ts';
import { NoticeCounts } from './metrics/notice-counts.ts';
import { Registry } from './metrics/registry.ts';
import { ListenQueues } from './os/listen-queue.ts';
import { VERSION } from './version.ts';

export interface ObservedMaster extends Figured {
  readonly warn: Warn;
  lines(): RecentLines;
  /** What has started this master. */
  startedBy(): 'start' | 're-exec';
}

export class Observed {
  readonly registry = new Registry();
  readonly counts = new NoticeCounts();
  /** The kernel's queue. */
  readonly queues: ListenQueues;
  readonly recent = new RecentCounts(this.registry);
  readonly reloads: PastReloads;
  /** The app's own metrics. */
  readonly apps: AppMetrics;
  /** On the clock of performance.now(). */
  readonly begunAt = performance.now();
  readonly #master: ObservedMaster;
  #live: Promise<Live> | undefined;
  #loaded: Live | undefined;
  #history: { readonly history: History; readonly timer: NodeJS.Timeout } | undefined;

  constructor(master: ObservedMaster) {
    this.apps = new AppMetrics(master.warn);
    this.#master = master;
    this.reloads = new PastReloads(
      (generation) => master.canServe(generation),
      () => master.startedBy(),
    );
    this.queues = new ListenQueues(() => master.listeners());
  }

  /** The last lines of the log, and of what the workers print. */
  get lines(): RecentLines {
    return this.#master.lines();
  }

  /** Called for each notice, in order. */
  notice(notice: Notice): void {
    this.counts.notice(notice);
    this.reloads.notice(notice);
    this.#loaded?.notice(notice);
    this.history?.line({ time: Date.now(), ...lineOf(notice) });
  }

  /** Why a worker hangs: a line of the log that is no notice. Never throws. */
  explained(fields: LogFields, msg: string): void {
    const line = { time: Date.now(), ...fields, level: 'error', msg };
    this.#loaded?.line(line);
    this.#guard(() => this.history?.line(line));
  }

  /** All that the master knows, now. No worker is asked. */
  async families(): Promise<Family[]> {
    const ours = await this.own();
    return [...ours, ...(await this.apps.families(ours))];
  }

  /** The same without the app's own metrics. */
  async own(): Promise<Family[]> {
    // Loaded when the first one looks.
    const { familiesOf } = await import('./metrics/families.ts');
    const status = this.#master.status();
    const { user, system } = process.cpuUsage();
    return familiesOf({
      slots: this.registry.slots(),
      counts: this.counts,
      status,
      queue: this.queues.now(),
      master: {
        cpuUserMs: user / 1_000,
        cpuSystemMs: system / 1_000,
        uptimeMs: process.uptime() * 1_000,
        openFiles: openFileCount(),
      },
      release: status.release ?? status.app,
      version: VERSION,
      now: performance.now(),
    });
  }

  /** Snapshots, one each second while somebody listens, and notices. */
  live(): Promise<Live> {
    this.#live ??= import('./live/live.ts').then(({ Live: Loaded }) => {
      this.#loaded = new Loaded(this.#master, this);
      return this.#loaded;
    });
    return this.#live;
  }

  /** Present once keepHistory() has loaded it. */
  get history(): History | undefined {
    return this.#history?.history;
  }

  /** Keeps the last hour from now on. A second call does nothing. */
  async keepHistory(): Promise<void> {
    const [live, { History: Loaded, STEP_MS }] = await Promise.all([
      this.live(),
      import('./live/history.ts'),
    ]);
    if (this.#history) return;
    const history = new Loaded();
    const sample = () => this.#guard(() => history.sample(live.snapshot(), this.registry.slots()));
    sample();
    this.#history = { history, timer: setInterval(sample, STEP_MS).unref() };
  }

  /** The master ends. */
  close(): void {
    clearInterval(this.#history?.timer);
  }

  #guard(act: () => void): void {
    try {
      act();
    } catch (error) {
      this.#master.failed(`the history lacks something: ${describeThrown(error)}`);
    }
  }
}
