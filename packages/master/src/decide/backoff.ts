/**
 * When a slot that has failed tries again, and how often a series of failures is told: the first ones in
 * full, and then one line for all of them, more and more rarely. Pure.
 */
import { isComing } from '@tshorn/core';
import type { Draft } from './draft.ts';
import type { Series, SlotRecord, WorkerRecord } from './model.ts';
import type { WorkerEvent } from './notice.ts';

/** Service of this length ends a series of failures of a slot. */
export const STABLE_MS = 10_000;
const LONGEST_BACKOFF_MS = 30_000;
/** Failures in a row, of all slots together, that are told in full. */
export const TOLD_IN_FULL = 5;
/** Nothing has failed for so long: what fails then is a story of its own. */
const SERIES_GAP_MS = 2 * LONGEST_BACKOFF_MS;
const SUMMARY_GAP_MS = { least: 5_000, most: 60_000 };

/** The first replacement comes at once; after that 100 ms, doubled each time, up to 30 s. */
export const backoffMs = (failures: number): number =>
  failures <= 1 ? 0 : Math.min(LONGEST_BACKOFF_MS, 100 * 2 ** (failures - 2));

/** A number from 0 to below 1, and the seed of the next one (mulberry32). */
export function draw(seed: number): { value: number; next: number } {
  const next = (seed + 0x6d2b79f5) | 0;
  let mixed = Math.imul(next ^ (next >>> 15), 1 | next);
  mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
  return { value: ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32, next };
}

/** Up to a quarter less, so that slots that failed together do not all try again together. */
function withJitter(draft: Draft, ms: number): number {
  const { state } = draft;
  if (state.seed === undefined) return ms;
  const { value, next } = draw(state.seed);
  state.seed = next;
  return Math.round(ms * (1 - value / 4));
}

/** One more failure of a slot. `failures`: in a row, this one included. */
export function failed(draft: Draft, worker: WorkerRecord, failures: number, reason: string): void {
  const { state, at } = draft;
  const record = draft.slot(worker.slot);
  record.failures = failures;
  // One line, and not a long one: it is repeated in summaries and in the status.
  record.reason = (reason.split('\n', 1)[0] ?? '').slice(0, 300);
  record.servedLast = worker.readyAt !== undefined;
  const { series } = state;
  if (series && at - series.lastAt < SERIES_GAP_MS) {
    series.failures++;
    series.lastAt = at;
  } else state.series = { since: at, lastAt: at, failures: 1, toldAt: at };
}

/** Sets the slot's timer, or returns that it may try at once. */
export function mayRespawn(draft: Draft, slot: number): boolean {
  const record = draft.slot(slot);
  const base = backoffMs(record.failures);
  if (base === 0) return true;
  const ms = withJitter(draft, base);
  record.respawnPending = true;
  record.respawnAt = draft.at + ms;
  draft.setTimer(`respawn:${slot}`, ms);
  const { series } = draft.state;
  if (!series || series.failures <= TOLD_IN_FULL) {
    const text = `worker=${slot}: next attempt in ${ms}ms (${record.failures} failures in a row)`;
    draft.tell({ event: 'noted', level: 'warn', text });
  } else summarise(draft, series, record);
  return false;
}

function summarise(draft: Draft, series: Series, last: SlotRecord): void {
  const { at, state } = draft;
  const gap = Math.min(SUMMARY_GAP_MS.most, Math.max(SUMMARY_GAP_MS.least, (at - series.since) / 2));
  const first = series.failures === TOLD_IN_FULL + 1;
  if (!first && at - series.toldAt < gap) return;
  series.toldAt = at;
  const waiting = Object.values(state.slots).filter(({ reason }) => reason !== undefined);
  draft.tell({
    event: 'crash-loop',
    level: 'error',
    workers: waiting.length,
    failures: series.failures,
    tookMs: at - series.since,
    nextMs: Math.max(0, ...waiting.map(({ respawnAt = at }) => respawnAt - at)),
    reason: last.reason ?? '',
  });
}

const REPEATED: readonly WorkerEvent[] = ['spawned', 'booted', 'ready', 'broken', 'crashed', 'exited'];

/** Whether it is one more of what has been told in full already: then it is a matter of the debug log. */
export function isRepeat(draft: Draft, worker: WorkerRecord, event: WorkerEvent): boolean {
  if (!worker.repeat || !REPEATED.includes(event)) return false;
  // An attempt that comes into service is news, unless those before it did and crashed all the same.
  if (event === 'ready') return draft.slot(worker.slot).servedLast === true;
  if (worker.state === 'draining' || worker.state === 'parked') return false;
  return worker.readyAt === undefined || draft.at - worker.readyAt < STABLE_MS;
}

/** Whether it has not come into service again and again; a single crash says nothing. */
export function isFailing(draft: Draft, slot: number): boolean {
  const { reason, failures } = draft.slot(slot);
  return reason !== undefined && failures > 1;
}

/** The slot has somebody again. */
export function served(draft: Draft, slot: number): void {
  delete draft.slot(slot).reason;
}

/** What the old release has failed at is no matter of the new one. */
export function forgetFailures(draft: Draft): void {
  const { state } = draft;
  delete state.series;
  for (const record of Object.values(state.slots)) {
    record.failures = 0;
    delete record.reason;
    delete record.servedLast;
  }
}

/** A person has asked for so many workers: slots that wait try again at once. Returns which. */
export function hasten(draft: Draft, size: number): number[] {
  const waiting = Object.entries(draft.state.slots).filter(([, { respawnPending }]) => respawnPending);
  const slots = waiting.map(([slot]) => Number(slot)).filter((slot) => slot < size);
  for (const slot of slots) draft.clearTimer(`respawn:${slot}`);
  return slots;
}

/** Slots beyond the size are not looked after any more: nothing of them waits. */
export function forgetSlots(draft: Draft): void {
  const { state } = draft;
  for (const slot of Object.keys(state.slots).map(Number)) {
    if (slot < state.size || draft.workers.some((worker) => worker.slot === slot && isComing(worker.state)))
      continue;
    if (state.slots[slot]?.respawnPending) draft.clearTimer(`respawn:${slot}`);
    delete state.slots[slot];
  }
}
