/** Counts the notices of the master: how reloads end, and how long they take. Part of the registry's facts; never falls. */
import { RELOAD_PLANS, type ReloadPlan } from '@tshorn/core';
import { LOAD_REASONS, type LoadReason } from '../decide/load-rules.ts';
import type { Notice, Outcome } from '../decide/notice.ts';

export const OUTCOMES: readonly Outcome[] = ['committed', 'rolled-back', 'failed', 'refused', 'aborted'];

/** Seconds. A reload takes as long as its app needs to start, times the number of workers. */
export const RELOAD_BOUNDS: readonly number[] = [1, 2.5, 5, 10, 25, 50, 100, 250, 500, 1_000];

export interface LastReload {
  readonly isSuccessful: boolean;
  /** Milliseconds since 1970 of the last one that was committed. */
  readonly committedAt: number | undefined;
}

export class NoticeCounts {
  /** By plan and outcome; every pair is there from the start. */
  readonly reloads: ReadonlyMap<ReloadPlan, Map<Outcome, number>> = new Map(
    RELOAD_PLANS.map((plan) => [plan, new Map(OUTCOMES.map((outcome) => [outcome, 0]))]),
  );
  /** Decisions of the scaler, by direction and reason; every pair that can be is there from the start. */
  readonly scalings: ReadonlyMap<LoadReason, { readonly direction: 'up' | 'down'; count: number }> = new Map(
    LOAD_REASONS.map((reason) => [
      reason,
      { direction: reason === 'idle' || reason === 'cpus' ? 'down' : 'up', count: 0 },
    ]),
  );
  /** Durations of the reloads that began, by bucket of RELOAD_BOUNDS and one more. */
  readonly durations = new Array<number>(RELOAD_BOUNDS.length + 1).fill(0);
  durationMs = 0;
  #isSuccessful = true;
  #committedAt: number | undefined;

  /** @param now milliseconds since 1970 */
  notice(notice: Notice, now = Date.now()): void {
    // The first start is the first release.
    if (notice.event === 'started') this.#committedAt ??= now;
    const scaling = notice.event === 'scaling' ? this.scalings.get(notice.reason) : undefined;
    if (scaling) scaling.count++;
    if (notice.event !== 'reload-finished') return;
    const { plan, outcome, tookMs } = notice;
    const outcomes = this.reloads.get(plan);
    outcomes?.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
    this.#isSuccessful = outcome === 'committed';
    if (this.#isSuccessful) this.#committedAt = now;
    if (outcome === 'refused') return;
    const at = RELOAD_BOUNDS.findIndex((bound) => tookMs <= bound * 1_000);
    const bucket = at < 0 ? RELOAD_BOUNDS.length : at;
    this.durations[bucket] = (this.durations[bucket] ?? 0) + 1;
    this.durationMs += tookMs;
  }

  get last(): LastReload {
    return { isSuccessful: this.#isSuccessful, committedAt: this.#committedAt };
  }
}
