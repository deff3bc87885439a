/** Counts what is shed, by reason, and says when that begins and ends: two lines for an overload, however long it is. Pure. */
import { SHED_REASONS, type ShedReason } from '@tshorn/core';

/** Without a shed request for so long, the overload is over. */
const QUIET_MS = 5_000;

/** The state of the queue when somebody looks at it. */
export interface QueueState {
  readonly waiting: number;
  readonly inFlight: number;
  /** Infinity for none. */
  readonly limit: number;
}

export class ShedCounts {
  /** Since the start of the worker. */
  readonly byReason: Record<ShedReason, number> = { loop: 0, limit: 0, proxy: 0, 'client-gone': 0 };
  #since: { readonly at: number; readonly counts: Record<ShedReason, number> } | undefined;
  #lastAt = 0;
  #oldestMs = 0;

  get isShedding(): boolean {
    return this.#since !== undefined;
  }

  /** @returns a line for the log where shedding begins */
  add(reason: ShedReason, waitedMs: number, now: number, state: QueueState): string | undefined {
    const isFirst = this.#since === undefined;
    this.#since ??= { at: now, counts: { ...this.byReason } };
    this.byReason[reason]++;
    this.#lastAt = now;
    this.#oldestMs = Math.max(this.#oldestMs, waitedMs);
    if (!isFirst) return undefined;
    const limit = Number.isFinite(state.limit) ? `limit ${Math.floor(state.limit)}` : 'no limit';
    const isAlone = reason === 'proxy' && state.waiting === 0 && state.inFlight === 0;
    const hint = isAlone
      ? '; nothing waits here: do the clocks of the proxies agree with the one of this machine?'
      : '';
    return `overload: shedding begins: a request has waited for ${whole(waitedMs)} (${reason}); ${state.waiting} wait, ${state.inFlight} in flight, ${limit}${hint}`;
  }

  /** @returns a line for the log where shedding has ended */
  look(now: number): string | undefined {
    return now - this.#lastAt < QUIET_MS ? undefined : this.end();
  }

  /** @returns the same line at the end of the worker, which does not wait for that */
  end(): string | undefined {
    const since = this.#since;
    if (!since) return undefined;
    this.#since = undefined;
    const parts = SHED_REASONS.map(
      (reason) => [reason, this.byReason[reason] - since.counts[reason]] as const,
    );
    const all = parts.reduce((sum, [, count]) => sum + count, 0);
    const byReason = parts.flatMap(([reason, count]) => (count > 0 ? `${reason} ${count}` : [])).join(', ');
    const longest = whole(this.#oldestMs);
    this.#oldestMs = 0;
    return `overload: shedding has ended: ${all} requests shed in ${seconds(this.#lastAt - since.at)} (${byReason}); the longest wait was ${longest}`;
  }
}

const whole = (ms: number): string => `${Math.round(ms)} ms`;
const seconds = (ms: number): string => `${(ms / 1_000).toFixed(1)} s`;
