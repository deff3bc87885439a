/**
 * Reports when fewer workers than N stay in service, and when all N serve again. A short dip is not reported: a crash
 * that is made good at once has a line of its own. During an operation the plan says how many there are. Pure.
 */
import type { Draft } from './draft.ts';
import { lastReason, readyWorkers } from './queries.ts';

/** Time that a change has to last before it is reported. */
export const HOLD_MS = { degraded: 3_000, recovered: 1_000 };

/** Called after every event: starts or stops the timer whose end is `stayedSo`. */
export function watchHealth(draft: Draft): void {
  const { state } = draft;
  if (state.phase !== 'running') return;
  const below = ready(draft) < state.size;
  const isDegraded = state.degraded !== undefined;
  waitFor(draft, 'degraded', below && !isDegraded && !state.running);
  waitFor(draft, 'recovered', !below && isDegraded);
}

type Change = keyof typeof HOLD_MS;

function waitFor(draft: Draft, change: Change, wanted: boolean): void {
  const { state } = draft;
  const waiting = state.changing?.to === change;
  if (wanted && !waiting) {
    state.changing = { to: change, since: draft.at };
    draft.setTimer(change, HOLD_MS[change]);
  } else if (!wanted && waiting) {
    delete state.changing;
    draft.clearTimer(change);
  }
}

/** The timer of a change has run out. */
export function stayedSo(draft: Draft, change: Change): void {
  const { state } = draft;
  if (state.changing?.to !== change) return;
  const { since } = state.changing;
  delete state.changing;
  const size = state.size;
  if (change === 'degraded') {
    state.degraded = { since };
    const reason = reasonOf(draft);
    draft.report({ event: 'degraded', level: 'error', ready: ready(draft), size, reason });
  } else {
    const tookMs = since - (state.degraded?.since ?? since);
    delete state.degraded;
    draft.report({ event: 'recovered', level: 'info', ready: ready(draft), size, tookMs });
  }
}

const ready = ({ state }: Draft): number => readyWorkers(state).length;

const reasonOf = ({ state }: Draft): string =>
  lastReason(state) ?? 'a worker has ended, and its replacement is still booting';
