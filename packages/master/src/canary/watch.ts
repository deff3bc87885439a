/**
 * Compares a canary with the old workers: it has them send samples, adds these up, asks judge() at each and
 * on a timer, and tells one verdict. It kills nobody and decides nothing about the reload. The other end is
 * worker/src/sample.ts. A reload makes one for its canary and stops it when the reload ends otherwise.
 */
import { SAMPLE_EVERY_MS, type Sample } from '@tshorn/core';
import { type CanarySettings, judge, sliceMsFor, type Verdict } from './judge.ts';
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
  /** Serials of the old workers in service now; who joins them is watched from then on. */
  readonly baseline: () => readonly number[];
  readonly settings: CanarySettings;
  /** Sends `watch` to a worker; one that is gone is no error. */
  readonly send: (serial: number, on: boolean) => void;
  /** Called once, unless the watch is stopped before. */
  readonly onVerdict: (verdict: CanaryVerdict) => void;
  /** Milliseconds on a clock that nobody sets. Default: performance.now. */
  readonly now?: () => number;
}

/**
 * Before a failure is believed, the old workers get so long to say what they have not said yet, in
 * milliseconds: when all of them have begun to fail, the canary's samples may just have come first.
 */
const CONFIRM_MS = 50;

export class CanaryWatch {
  readonly #options: CanaryWatchOptions;
  readonly #now: () => number;
  readonly #start: number;
  readonly #canary: Tally;
  readonly #baseline: Tally;
  readonly #watched = new Set<number>();
  readonly #gone = new Set<number>();
  readonly #timer: NodeJS.Timeout;
  /** Old workers whose word is waited for before a failure is told. */
  #unheard: Set<number> | undefined;
  #confirm: NodeJS.Timeout | undefined;
  #stopped = false;

  constructor(options: CanaryWatchOptions) {
    this.#options = options;
    this.#now = options.now ?? (() => performance.now());
    this.#start = this.#now();
    const sliceMs = sliceMsFor(options.settings.timeMs);
    this.#canary = new Tally(sliceMs);
    this.#baseline = new Tally(sliceMs);
    for (const serial of options.canary) this.#canary.join(serial);
    this.#watchAll();
    this.#timer = setInterval(() => {
      this.#watchAll();
      this.#look();
    }, SAMPLE_EVERY_MS);
  }

  /** What a worker has measured; samples of workers of neither side are ignored. */
  sample(serial: number, sample: Sample): void {
    const side = this.#sideOf(serial);
    if (this.#stopped || !side) return;
    side.add(serial, sample, this.#elapsed());
    this.#unheard?.delete(serial);
    this.#look();
  }

  /** A worker's process has ended; `crashed`: not because it was told to. */
  exited(serial: number, crashed: boolean): void {
    if (this.#stopped || !this.#watched.delete(serial)) return;
    const side = this.#options.canary.includes(serial) ? this.#canary : this.#baseline;
    side.gone(serial, crashed);
    this.#gone.add(serial);
    this.#unheard?.delete(serial);
    this.#look();
  }

  /** Ends all measuring; no verdict comes after it. */
  stop(): void {
    if (this.#stopped) return;
    this.#stopped = true;
    clearInterval(this.#timer);
    clearTimeout(this.#confirm);
    for (const serial of this.#watched) this.#options.send(serial, false);
    this.#watched.clear();
  }

  #elapsed(): number {
    return this.#now() - this.#start;
  }

  #sideOf(serial: number): Tally | undefined {
    if (!this.#watched.has(serial)) return undefined;
    return this.#options.canary.includes(serial) ? this.#canary : this.#baseline;
  }

  #watchAll(): void {
    const baseline = this.#options.baseline();
    for (const serial of [...this.#options.canary, ...baseline]) {
      if (this.#watched.has(serial) || this.#gone.has(serial)) continue;
      if (baseline.includes(serial)) this.#baseline.join(serial);
      this.#watched.add(serial);
      this.#options.send(serial, true);
    }
  }

  #look(): void {
    const elapsedMs = this.#elapsed();
    const [canary, baseline] = [this.#canary.at(elapsedMs), this.#baseline.at(elapsedMs)];
    const { verdict, reason } = judge(canary, baseline, elapsedMs, this.#options.settings);
    if (verdict === 'fail' && !this.#isConfirmed()) return;
    if (verdict !== 'fail') this.#endConfirming();
    if (verdict === 'wait') return;
    this.stop();
    this.#options.onVerdict({ verdict, reason, figures: { elapsedMs, canary, baseline } });
  }

  #isConfirmed(): boolean {
    if (!this.#unheard) {
      this.#unheard = new Set(this.#options.baseline().filter((serial) => this.#watched.has(serial)));
      for (const serial of this.#unheard) this.#options.send(serial, true);
      this.#confirm = setTimeout(() => {
        this.#unheard?.clear();
        this.#look();
      }, CONFIRM_MS);
    }
    return this.#unheard.size === 0;
  }

  #endConfirming(): void {
    clearTimeout(this.#confirm);
    this.#unheard = undefined;
  }
}
