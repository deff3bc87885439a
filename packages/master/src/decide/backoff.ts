/**
 * When a slot that has failed tries again, and how often a series of failures is reported: the first ones in full,
 * then one line for all of them, less and less often. Pure.
 */
import { isComing } from '@tshorn/core';
import type { Draft } from './draft.ts';
import type { Series, SlotRecord, WorkerRecord } from './model.ts';

const LONGEST_BACKOFF_MS = 30_000;
/** Consecutive failures, of all slots together, that are reported in full. */
export const REPORTED_IN_FULL = 5;
/** A failure after this time without one begins a new series. */
const SERIES_GAP_MS = 2 * LONGEST_BACKOFF_MS;
const SUMMARY_GAP_MS = { least: 5_000, most: 60_000 };

/** The first replacement comes at once; after that 100 ms, doubled each time, up to 30 s. */
export const backoffMs = (failures: number): number =>
  failures <= 1 ? 0 : Math.min(LONGEST_BACKOFF_MS, 100 * 2 ** (failures - 2));

/** Draws a number from 0 to below 1, and the seed of the next one (mulberry32). */
export function draw(seed: number): { value: number; next: number } {
  const next = (seed + 0x6d2b79f5) | 0;
  let mixed = Math.imul(next ^ (next >>> 15), 1 | next);
  mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
  return { value: ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32, next };
}

/** Shortens the time by up to a quarter, so that slots that failed together do not all try again together. */
function withJitter(draft: Draft, ms: number): number {
  const { state } = draft;
  if (state.seed === undefined) return ms;
  const { value, next } = draw(state.seed);
  state.seed = next;
  return Math.round(ms * (1 - value / 4));
}

/** One line, and not a long one: it is repeated in summaries and in the status. */
const inShort = (reason: string): string => (reason.split('\n', 1)[0] ?? '').slice(0, 300);

/** Records a failure of a slot. `failures`: consecutive ones, this one included. */
export function failed(draft: Draft, worker: WorkerRecord, failures: number, reason: string): void {
  const { state, at } = draft;
  const record = draft.slot(worker.slot);
  record.failures = failures;
  record.reason = inShort(reason);
  record.servedLast = worker.readyAt !== undefined;
  const { series } = state;
  if (series && at - series.lastAt < SERIES_GAP_MS) {
    series.failures++;
    series.lastAt = at;
  } else state.series = { since: at, lastAt: at, failures: 1, reportedAt: at };
}

/** Sets the slot's timer, or returns that it may try at once. */
export function mayRespawn(draft: Draft, slot: number): boolean {
  const record = draft.slot(slot);
  if (draft.state.settings.watch && record.failures > 0 && !record.servedLast) {
    hold(draft, slot, record);
    return false;
  }
  const base = backoffMs(record.failures);
  if (base === 0) return true;
  const ms = withJitter(draft, base);
  record.respawnPending = true;
  record.respawnAt = draft.at + ms;
  draft.setTimer(`respawn:${slot}`, ms);
  const { series } = draft.state;
  if (!series || series.failures <= REPORTED_IN_FULL) {
    const text = `worker=${slot}: next attempt in ${ms}ms (${record.failures} consecutive failures)`;
    draft.report({ event: 'noted', level: 'warn', text });
  } else summarise(draft, series, record);
  return false;
}

/** Watch mode: the same files would fail again. */
function hold(draft: Draft, slot: number, record: SlotRecord): void {
  record.respawnPending = true;
  const text = `worker=${slot} waits for the next save; connections wait`;
  draft.report({ event: 'noted', level: 'warn', text });
}

/** Watch mode: nobody serves, and the slots wait for the next save. */
export function holdAll(draft: Draft, reason: string): void {
  for (let slot = 0; slot < draft.state.size; slot++) {
    const record = draft.slot(slot);
    record.failures = Math.max(1, record.failures);
    record.servedLast = false;
    record.reason = inShort(reason);
  }
}

function summarise(draft: Draft, series: Series, last: SlotRecord): void {
  const { at, state } = draft;
  const gap = Math.min(SUMMARY_GAP_MS.most, Math.max(SUMMARY_GAP_MS.least, (at - series.since) / 2));
  const first = series.failures === REPORTED_IN_FULL + 1;
  if (!first && at - series.reportedAt < gap) return;
  series.reportedAt = at;
  const waiting = Object.values(state.slots).filter(({ reason }) => reason !== undefined);
  draft.report({
    event: 'crash-loop',
    level: 'error',
    workers: waiting.length,
    failures: series.failures,
    tookMs: Math.round(at - series.since),
    nextMs: Math.round(Math.max(0, ...waiting.map(({ respawnAt = at }) => respawnAt - at))),
    reason: last.reason ?? '',
  });
}

/** True for a slot whose attempts fail again and again; a single crash says nothing. */
export function isFailing(draft: Draft, slot: number): boolean {
  const { reason, failures } = draft.slot(slot);
  return reason !== undefined && failures > 1;
}

/** The slot has a worker again. */
export function served(draft: Draft, slot: number): void {
  delete draft.slot(slot).reason;
}

/** The failures of the old release do not count for the new one. */
export function forgetFailures(draft: Draft): void {
  const { state } = draft;
  delete state.series;
  for (const record of Object.values(state.slots)) {
    record.failures = 0;
    delete record.reason;
    delete record.servedLast;
  }
}

/** A person asks for this many workers: slots that wait try again at once. Returns them. */
export function hasten(draft: Draft, size: number): number[] {
  const waiting = Object.entries(draft.state.slots).filter(([, { respawnPending }]) => respawnPending);
  const slots = waiting.map(([slot]) => Number(slot)).filter((slot) => slot < size);
  for (const slot of slots) draft.clearTimer(`respawn:${slot}`);
  return slots;
}

/** Slots beyond the size get no worker any more: their timers and records go. */
export function forgetSlots(draft: Draft): void {
  const { state } = draft;
  for (const slot of Object.keys(state.slots).map(Number)) {
    if (slot < state.size || draft.workers.some((worker) => worker.slot === slot && isComing(worker.state)))
      continue;
    if (state.slots[slot]?.respawnPending) draft.clearTimer(`respawn:${slot}`);
    delete state.slots[slot];
  }
}
