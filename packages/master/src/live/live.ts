/**
 * The server as it is watched: a snapshot each second while somebody listens, and every notice. Nobody who listens costs
 * the master anything but these. Created by Observed, when the first one asks.
 */
import os from 'node:os';
import { describeThrown } from '@tshorn/core';
import type { Notice } from '../decide/notice.ts';
import type { Registry } from '../metrics/registry.ts';
import type { ListenQueues, Queued } from '../os/listen-queue.ts';
import type { MasterStatus } from '../status.ts';
import type { LoggedLine } from './mark-line.ts';
import type { PastReloads } from './past-reloads.ts';
import type { RecentCounts } from './recent-counts.ts';
import { type Snapshot, snapshotOf, type Watched } from './snapshot.ts';
import { countedOf } from './window.ts';

/** The master, as its figures are read from it. */
export interface Figured {
  status(): MasterStatus;
  /** True for a generation whose release can be served again. */
  canServe(generation: number): boolean;
  /** The serial of the worker with that pid. */
  serialOf(pid: number): number | undefined;
  listeners(): readonly Queued[];
  /** Logs that a listener has failed. */
  failed(text: string): void;
}

interface Observed {
  readonly registry: Registry;
  readonly queues: Pick<ListenQueues, 'now'>;
  readonly recent: RecentCounts;
  readonly reloads: PastReloads;
}

export interface Listener {
  /** Once a second. */
  snapshot?(snapshot: Snapshot): void;
  notice?(notice: Notice): void;
  /** Why a worker hangs: a line of the log that is no notice. */
  line?(line: LoggedLine): void;
}

const EVERY_MS = 1_000;

export class Live {
  readonly #master: Figured;
  readonly #observed: Observed;
  readonly #listeners = new Set<Listener>();
  #timer: NodeJS.Timeout | undefined;

  constructor(master: Figured, observed: Observed) {
    this.#master = master;
    this.#observed = observed;
  }

  /** How many listen now. */
  get listeners(): number {
    return this.#listeners.size;
  }

  /** The first snapshot comes a second later. Returns what ends it; a second call of that does nothing. */
  listen(listener: Listener): () => void {
    this.#listeners.add(listener);
    this.#timer ??= setInterval(() => this.#tick(), EVERY_MS).unref();
    return () => this.#forget(listener);
  }

  #forget(listener: Listener): void {
    this.#listeners.delete(listener);
    if (this.#listeners.size > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  notice(notice: Notice): void {
    this.#tell((listener) => listener.notice?.(notice));
  }

  line(line: LoggedLine): void {
    this.#tell((listener) => listener.line?.(line));
  }

  /** The snapshot of now. */
  snapshot(): Snapshot {
    const { registry, reloads } = this.#observed;
    return snapshotOf({
      status: this.#master.status(),
      at: Date.now(),
      host: os.hostname(),
      uptimeMs: process.uptime() * 1_000,
      lastReload: reloads.all.at(-1),
      requests: countedOf(registry.slots().flatMap(({ series }) => series)).requests,
      queue: this.#queue(),
      watchedOf: ({ pid }) => (pid === undefined ? undefined : this.#watchedOf(pid)),
    });
  }

  #queue() {
    const { queues, overflows } = this.#observed.queues.now();
    return {
      ...(queues.length > 0 && { queue: queues.reduce((sum, { waiting }) => sum + waiting, 0) }),
      ...(overflows !== undefined && { overflows }),
    };
  }

  #watchedOf(pid: number): Watched | undefined {
    const serial = this.#master.serialOf(pid);
    const recent = serial === undefined ? undefined : this.#observed.recent.of(serial);
    if (serial === undefined || !recent) return undefined;
    const { active = 0, usage } = this.#observed.registry.of(serial) ?? {};
    return { recent, active, elu: usage?.elu, cpu: usage?.cpu };
  }

  #tick(): void {
    let snapshot: Snapshot;
    try {
      snapshot = this.snapshot();
    } catch (error) {
      this.#master.failed(`no snapshot could be made: ${describeThrown(error)}`);
      return;
    }
    this.#tell((listener) => listener.snapshot?.(snapshot));
  }

  /** One that fails must not cost the others the news, and is told nothing more. */
  #tell(news: (listener: Listener) => void): void {
    for (const listener of [...this.#listeners]) {
      try {
        news(listener);
      } catch (error) {
        this.#forget(listener);
        this.#master.failed(`a listener for live figures failed, and is dropped: ${describeThrown(error)}`);
      }
    }
  }
}
