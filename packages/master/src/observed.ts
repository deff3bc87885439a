/**
 * The figures of a server: counts of its workers, its notices, and its status, as metrics and as snapshots. They are for
 * people and programs that look at it; nothing here decides anything. Created by the master.
 */
import type { Notice } from './decide/notice.ts';
import type { Figured, Live } from './live/live.ts';
import { PastReloads } from './live/past-reloads.ts';
import { RecentCounts } from './live/recent-counts.ts';
import { AppMetrics, type Warn } from './metrics/apps/app-metrics.ts';
import type { Family } from './metrics/family.ts';
import { NoticeCounts } from './metrics/notice-counts.ts';
import { Registry } from './metrics/registry.ts';
import { ListenQueues } from './os/listen-queue.ts';

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
  readonly #master: Figured;
  #live: Promise<Live> | undefined;
  #loaded: Live | undefined;

  constructor(master: Figured & { readonly warn: Warn }) {
    this.apps = new AppMetrics(master.warn);
    this.#master = master;
    this.reloads = new PastReloads((generation) => master.canServe(generation));
    this.queues = new ListenQueues(() => master.listenerFds());
  }

  /** Called for each notice, in order. */
  notice(notice: Notice): void {
    this.counts.notice(notice);
    this.reloads.notice(notice);
    this.#loaded?.notice(notice);
  }

  /** All that the master knows, now. No worker is asked. */
  async families(): Promise<Family[]> {
    // Loaded when the first one looks.
    const { familiesOf } = await import('./metrics/families.ts');
    const status = this.#master.status();
    const { user, system } = process.cpuUsage();
    const ours = familiesOf({
      slots: this.registry.slots(),
      counts: this.counts,
      status,
      queue: this.queues.now(),
      master: { cpuUserMs: user / 1_000, cpuSystemMs: system / 1_000, uptimeMs: process.uptime() * 1_000 },
      release: status.release ?? status.app,
      now: performance.now(),
    });
    return [...ours, ...(await this.apps.families(ours))];
  }

  /** Snapshots, one each second while somebody listens, and notices. */
  live(): Promise<Live> {
    this.#live ??= import('./live/live.ts').then(({ Live: Loaded }) => {
      this.#loaded = new Loaded(this.#master, this);
      return this.#loaded;
    });
    return this.#live;
  }
}
