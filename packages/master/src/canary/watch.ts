/**
 * Compares a canary with the old workers: makes them send samples, adds these up, asks judge() at each and on a timer,
 * and reports one verdict. It kills nobody and decides nothing about the reload. The other end is
 * worker/src/sample.ts. A reload makes one for its canary and stops it when the reload ends otherwise.
 */
import { SAMPLE_EVERY_MS, type Sample } from '@tshorn/core';
import { type CanarySettings, isWarm, judge, type Verdict } from './judge.ts';
import { type Side, Tally } from './tally.ts';

export interface CanaryVerdict extends Verdict {
  readonly verdict: 'pass' | 'fail' | 'inconclusive';
  readonly figures: {
    readonly elapsedMs: number;
    readonly canary: Side;
    readonly baseline: Side;
  };
}

export interface CanaryWatchOptions {
  /** Serials of the new workers in service. */
  readonly canary: readonly number[];
  /** Serials of the old workers in service now; a worker that joins them later is watched from then on. */
  readonly baseline: () => readonly number[];
  readonly settings: CanarySettings;
  /** Sends `watch` to a worker; a worker that has ended is no error. */
  readonly send: (serial: number, on: boolean) => void;
  /** Called once, unless the watch is stopped before. */
  readonly onVerdict: (verdict: CanaryVerdict) => void;
  /** Monotonic milliseconds. Default: performance.now. */
  readonly now?: () => number;
}

export class CanaryWatch {
  readonly #options: CanaryWatchOptions;
  readonly #now: () => number;
  readonly #start: number;
  readonly #canary = new Tally();
  readonly #baseline = new Tally();
  readonly #watched = new Set<number>();
  readonly #gone = new Set<number>();
  readonly #timer: NodeJS.Timeout;
  #stopped = false;

  constructor(options: CanaryWatchOptions) {
    this.#options = options;
    this.#now = options.now ?? (() => performance.now());
    this.#start = this.#now();
    this.#watchAll();
    this.#timer = setInterval(() => {
      this.#watchAll();
      this.#look();
    }, SAMPLE_EVERY_MS);
  }

  /** Takes the sample of a worker; one of a worker of neither side is ignored. */
  sample(serial: number, sample: Sample): void {
    if (this.#stopped || !this.#watched.has(serial)) return;
    const at = this.#now() - this.#start;
    const warm = isWarm(this.#canary.at(at), at, this.#options.settings.timeMs);
    this.#sideOf(serial).add(serial, sample, at, warm);
    this.#look();
  }

  /** The process of a worker has ended, by a crash or a kill: no worker is asked to leave while a watch is on. */
  exited(serial: number): void {
    if (this.#stopped || !this.#watched.delete(serial)) return;
    this.#sideOf(serial).crashed(serial);
    this.#gone.add(serial);
    this.#look();
  }

  /** Ends all measuring; no verdict comes after it. */
  stop(): void {
    if (this.#stopped) return;
    this.#stopped = true;
    clearInterval(this.#timer);
    for (const serial of this.#watched) this.#options.send(serial, false);
    this.#watched.clear();
  }

  #sideOf(serial: number): Tally {
    return this.#options.canary.includes(serial) ? this.#canary : this.#baseline;
  }

  #watchAll(): void {
    for (const serial of [...this.#options.canary, ...this.#options.baseline()]) {
      if (this.#watched.has(serial) || this.#gone.has(serial)) continue;
      this.#sideOf(serial).join(serial);
      this.#watched.add(serial);
      this.#options.send(serial, true);
    }
  }

  #look(): void {
    const elapsedMs = this.#now() - this.#start;
    const [canary, baseline] = [this.#canary.at(elapsedMs), this.#baseline.at(elapsedMs)];
    const { verdict, reason } = judge(canary, baseline, elapsedMs, this.#options.settings);
    if (verdict === 'wait') return;
    this.stop();
    this.#options.onVerdict({ verdict, reason, figures: { elapsedMs, canary, baseline } });
  }
}
