/**
 * The life of a single worker: its way into service, its drain, and the refill of its slot. Its end is exits.ts, a crash or a
 * hang containment.ts. A worker that an operation has started (its trial) is judged here as well; operations.ts sees the
 * outcome.
 */
import { type DrainReport, describeAlive } from '@tshorn/core';
import { failed, mayRespawn, REPORTED_IN_FULL, served } from './backoff.ts';
import type { Draft } from './draft.ts';
import type { Event, KillReason } from './events.ts';
import { announceLeaving } from './leave.ts';
import type { State, WorkerRecord } from './model.ts';
import { isPlanned, startedByOperation } from './queries.ts';

const isProven = (state: State, generation: number) => state.proven.includes(generation);

type StillLoading = Extract<Event, { type: 'worker-loading' }>;

export function loading(draft: Draft, worker: WorkerRecord, { level, text }: StillLoading): void {
  if (worker.state !== 'booting') return;
  worker.loading = text;
  draft.reportOf(worker, { event: 'loading', level, text });
}

export function loaded(draft: Draft, worker: WorkerRecord, kind: string): void {
  if (!draft.become(worker, 'probing')) return;
  draft.setTimer(`boot:${worker.serial}`, draft.state.settings.probeWindow);
  draft.reportOf(worker, { event: 'booted', level: 'debug', text: kind });
}

/** A failure after this time is told at once, once for each worker: the verdict may be half a minute away. */
export const SLOW_ATTEMPT_MS = 2_000;

type Probing = Extract<Event, { type: 'worker-probing' }>;

export function probing(draft: Draft, worker: WorkerRecord, { attempt, reason, tookMs }: Probing): void {
  if (worker.state !== 'probing') return;
  worker.probing = reason;
  if (attempt === 0) return;
  const isNews = tookMs >= SLOW_ATTEMPT_MS && !worker.toldProbing;
  if (isNews) worker.toldProbing = true;
  const text = `attempt ${attempt} failed, and more follow: ${reason}`;
  draft.reportOf(worker, { event: 'probing', level: isNews ? 'warn' : 'debug', text });
}

type Probed = Extract<Event, { type: 'worker-probed' }>;

export function probed(draft: Draft, worker: WorkerRecord, { report, bootCpu }: Probed): void {
  if (worker.state !== 'probing') return;
  if (report.verdict === 'broken') {
    const reason = report.reason ?? 'the probe failed';
    const onTrial = startedByOperation(draft.state, worker) && draft.state.running?.rollingBack === undefined;
    const mayComeBack = isProven(draft.state, worker.generation) && !onTrial;
    if (!mayComeBack) return broken(draft, worker, reason);
    // The code has served before, so a dependency of it fails now; a service with a failing dependency is better
    // than none.
    const text = `admitted although its probe failed, because this release has served before: ${reason}`;
    draft.reportOf(worker, { event: 'booted', level: 'warn', text });
  }
  if (report.verdict === 'alive' && (draft.state.toldAlive ?? 0) < worker.generation) {
    draft.state.toldAlive = worker.generation;
    draft.reportOf(worker, { event: 'booted', level: 'info', text: describeAlive(report) });
  }
  draft.become(worker, 'probed');
  worker.bootMs ??= draft.at - worker.bornAt;
  if (bootCpu) worker.bootCpu ??= bootCpu;
  draft.clearTimer(`boot:${worker.serial}`);
  // The plan decides when a worker of its own is admitted.
  if (!startedByOperation(draft.state, worker)) draft.admit(worker);
}

export function accepting(draft: Draft, worker: WorkerRecord): void {
  if (!draft.become(worker, 'ready')) return;
  const { state } = draft;
  const again = worker.readyAt !== undefined;
  worker.readyAt = draft.at;
  draft.clearTimer(`boot:${worker.serial}`);
  if (!isProven(state, worker.generation)) state.proven.push(worker.generation);
  const text = again ? 'again' : `after ${Math.round(draft.at - worker.bornAt)}ms`;
  draft.reportOf(worker, { event: 'ready', level: 'info', text });
  served(draft, worker.slot);
  announceLeaving(draft, worker);
}

/** Nothing is left of the drain but connections that cannot move, or that no worker can take yet. */
export function movedAll(worker: WorkerRecord): void {
  if (worker.state === 'draining') worker.movedAll = true;
}

/** The worker has no connections left. It exits by itself, or is kept. */
export function drained(draft: Draft, worker: WorkerRecord, report: DrainReport): void {
  // The line about a failure has these figures too.
  draft.reportOf(worker, { event: 'drained', level: worker.failure ? 'debug' : 'info', report });
  worker.drained = true;
  if (worker.failure) worker.failure.report = report;
  if (!worker.park || !draft.become(worker, 'parked')) return;
  draft.clearTimer(`drain:${worker.serial}`);
  draft.reportOf(worker, { event: 'parked', level: 'debug' });
}

/** The worker cannot come into service: it is killed, and its slot tries again later, or the operation fails. */
export function broken(
  draft: Draft,
  worker: WorkerRecord,
  text: string,
  { detail, reason }: { readonly detail?: string; readonly reason?: KillReason } = {},
): void {
  if (worker.state === 'killed' || worker.state === 'draining') return;
  worker.broken = true;
  draft.state.lastFailure = text;
  if (!startedByOperation(draft.state, worker)) {
    failed(draft, worker, draft.slot(worker.slot).failures + 1, text);
  }
  const notice = { event: 'broken', level: 'error', text } as const;
  draft.reportOf(worker, detail === undefined ? notice : { ...notice, detail });
  draft.kill(worker, reason);
}

/** Gives every slot without a worker a new one: at once, or after its back-off. */
export function refill(draft: Draft): void {
  const { state } = draft;
  for (let slot = 0; slot < state.size; slot++) {
    const record = draft.slot(slot);
    if (record.respawnPending || !isFree(draft, slot)) continue;
    if (mayRespawn(draft, slot)) respawn(draft, slot);
  }
}

/** True for a slot that has no worker, gets none, and is not filled by the plan. */
const isFree = (draft: Draft, slot: number): boolean =>
  slot < draft.state.size && draft.comingIn(slot).length === 0 && !isPlanned(draft.state, slot);

export function respawn(draft: Draft, slot: number): void {
  const { state } = draft;
  const record = draft.slot(slot);
  record.respawnPending = false;
  delete record.respawnAt;
  if (!isFree(draft, slot)) return;
  const worker = draft.spawn(slot, state.committed);
  // The first failure of a slot is news, however often the others have failed.
  if (record.failures > 1 && (state.series?.failures ?? 0) >= REPORTED_IN_FULL) worker.repeat = true;
}

export const overdue = (draft: Draft, worker: WorkerRecord): string => {
  const { bootTimeout } = draft.state.settings;
  switch (worker.state) {
    case 'probing':
      return stuckProbe(worker.probing);
    case 'admitted':
      return 'the worker did not begin to accept connections';
    default:
      return neverLoaded(bootTimeout, worker.loading);
  }
};

/** @param known what is known of the app */
export const neverLoaded = (bootTimeout: number, known: string | undefined): string =>
  `the app did not finish loading within ${bootTimeout / 1000} s (--boot-timeout)${known ? `: ${known}` : ''}`;

/** @param last what is known of the probe, once it has begun */
export const stuckProbe = (last: string | undefined): string =>
  last === undefined ? 'postWorkerInit has not settled' : `the probe is stuck; last: ${last}`;

/** For the first start whose time is over while no worker has failed yet: what the furthest worker waits for. */
export function stillBooting({ workers }: Draft): string {
  const probing = workers.filter(({ state }) => state === 'probing');
  const told = probing.find(({ probing: last }) => last !== undefined)?.probing;
  if (told !== undefined) return told;
  if (probing.length > 0) return stuckProbe(undefined);
  const known = workers.find(({ loading }) => loading !== undefined)?.loading;
  return `the app is still loading${known ? `: ${known}` : ''}`;
}
