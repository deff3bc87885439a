/**
 * The server as it is watched: a snapshot each second while somebody listens, and every notice. Nobody who listens costs
 * the master anything but these. Created by Observed, when the first one asks.
 */
import { describeThrown } from '@tshorn/core';
import type { Notice } from '../decide/notice.ts';
import type { Registry } from '../metrics/registry.ts';
import type { MasterStatus } from '../status.ts';
import type { Vital } from '../vitals.ts';
import type { PastReloads } from './past-reloads.ts';
import { type Snapshot, snapshotOf, type Watched } from './snapshot.ts';
import { countedOf, NOTHING, SILENT_MS, Window } from './window.ts';

/** The master, as its figures are read from it. */
export interface Figured {
  status(): MasterStatus;
  /** The worker with that pid; undefined before its first heartbeat. */
  vitalOf(pid: number): { readonly serial: number; readonly vital: Vital } | undefined;
  /** Logs that a listener has failed. */
  failed(text: string): void;
}

interface Observed {
  readonly registry: Registry;
  readonly reloads: PastReloads;
}

export interface Listener {
  /** Once a second. */
  snapshot?(snapshot: Snapshot): void;
  notice?(notice: Notice): void;
}

const EVERY_MS = 1_000;

export class Live {
  readonly #master: Figured;
  readonly #observed: Observed;
  readonly #listeners = new Set<Listener>();
  /** By serial. */
  #windows = new Map<number, Window>();
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
    return () => {
      this.#listeners.delete(listener);
      if (this.#listeners.size > 0) return;
      clearInterval(this.#timer);
      this.#timer = undefined;
      this.#windows.clear();
    };
  }

  notice(notice: Notice): void {
    this.#tell((listener) => listener.notice?.(notice));
  }

  /**
   * The snapshot of now. Rates and percentiles need two reports of each worker since somebody listens, which takes up to
   * four seconds.
   */
  snapshot(): Snapshot {
    const windows = new Map<number, Window>();
    const now = performance.now();
    const snapshot = snapshotOf({
      status: this.#master.status(),
      at: Date.now(),
      uptimeMs: process.uptime() * 1_000,
      lastReload: this.#observed.reloads.all.at(-1),
      requests: countedOf(this.#observed.registry.slots().flatMap(({ series }) => series)).requests,
      watchedOf: ({ pid }) => (pid === undefined ? undefined : this.#watchedOf(pid, now, windows)),
    });
    // Those of workers that have left are forgotten.
    this.#windows = windows;
    return snapshot;
  }

  #watchedOf(pid: number, now: number, windows: Map<number, Window>): Watched | undefined {
    const { serial, vital } = this.#master.vitalOf(pid) ?? {};
    if (serial === undefined || !vital) return undefined;
    const reported = this.#observed.registry.of(serial);
    // With --no-metrics a worker tells only how many requests have begun.
    const counted = reported ? countedOf(reported.series) : { ...NOTHING, requests: vital.requests };
    const window = this.#windows.get(serial) ?? new Window();
    windows.set(serial, window);
    return {
      counted,
      recent: window.look(vital.at, counted, now),
      active: reported?.active ?? 0,
      silentMs: now - vital.at > SILENT_MS ? now - vital.at : undefined,
    };
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
        this.#listeners.delete(listener);
        this.#master.failed(`a listener for live figures failed, and is dropped: ${describeThrown(error)}`);
      }
    }
  }
}
