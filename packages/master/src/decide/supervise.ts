/**
 * What becomes of a single worker: its way into service, its end, and who takes its slot. A worker that
 * an operation has started (its trial) is judged here as well; operations.ts sees the outcome.
 */
import type { DrainReport, ProbeReport } from '@tshorn/core';
import { failed, mayRespawn, STABLE_MS, served, TOLD_IN_FULL } from './backoff.ts';
import type { Draft } from './draft.ts';
import { announceLeaving } from './leaving.ts';
import type { Event, KillReason, State, WorkerRecord } from './model.ts';
import { fail } from './rollback.ts';
import { isTrial } from './trials.ts';

const isProven = (state: State, generation: number) => state.proven.includes(generation);

export function loaded(draft: Draft, worker: WorkerRecord, kind: string): void {
  if (!draft.become(worker, 'probing')) return;
  draft.setTimer(`boot:${worker.serial}`, draft.state.settings.probeWindow);
  draft.tellOf(worker, { event: 'booted', level: 'debug', text: kind });
}

export function probed(draft: Draft, worker: WorkerRecord, report: ProbeReport): void {
  if (worker.state !== 'probing') return;
  if (report.verdict === 'broken') {
    const reason = report.reason ?? 'the probe failed';
    const onTrial = isTrial(draft.state, worker) && draft.state.running?.rollingBack === undefined;
    const mayComeBack = isProven(draft.state, worker.generation) && !onTrial;
    if (!mayComeBack) return broken(draft, worker, reason);
    // The code has served before: what fails now is something that it depends on, and a service with
    // a failing dependency is better than none.
    const text = `admitted in spite of its probe, since this release has served before: ${reason}`;
    draft.tellOf(worker, { event: 'booted', level: 'warn', text });
  }
  if (report.verdict === 'no-status' && !isProven(draft.state, worker.generation)) {
    draft.tellOf(worker, {
      event: 'booted',
      level: 'info',
      text: `the app has no /_status (${report.status}): admitted as loaded`,
    });
  }
  draft.become(worker, 'probed');
  worker.bootMs ??= draft.at - worker.bornAt;
  draft.clearTimer(`boot:${worker.serial}`);
  // The plan says when a worker of its own comes in.
  if (!isTrial(draft.state, worker)) draft.admit(worker);
}

export function accepting(draft: Draft, worker: WorkerRecord): void {
  if (!draft.become(worker, 'ready')) return;
  const { state } = draft;
  const again = worker.readyAt !== undefined;
  worker.readyAt = draft.at;
  draft.clearTimer(`boot:${worker.serial}`);
  if (!isProven(state, worker.generation)) state.proven.push(worker.generation);
  const text = again ? 'again' : `after ${Math.round(draft.at - worker.bornAt)}ms`;
  draft.tellOf(worker, { event: 'ready', level: 'info', text });
  served(draft, worker.slot);
  announceLeaving(draft, worker);
}

/** Its connections are gone. It ends by itself, or is kept. */
export function drained(draft: Draft, worker: WorkerRecord, report: DrainReport): void {
  draft.tellOf(worker, { event: 'drained', level: 'info', report });
  if (!worker.park || !draft.become(worker, 'parked')) return;
  draft.clearTimer(`drain:${worker.serial}`);
  draft.tellOf(worker, { event: 'parked', level: 'debug' });
}

/** It will not come into service: it is ended, and its slot tries again later (or the operation fails). */
export function broken(
  draft: Draft,
  worker: WorkerRecord,
  text: string,
  { detail, reason }: { readonly detail?: string; readonly reason?: KillReason } = {},
): void {
  if (worker.state === 'killed' || worker.state === 'draining') return;
  draft.state.lastFailure = text;
  if (!isTrial(draft.state, worker)) {
    failed(draft, worker, draft.slot(worker.slot).failures + 1, text);
  }
  const notice = { event: 'broken', level: 'error', text } as const;
  draft.tellOf(worker, detail === undefined ? notice : { ...notice, detail });
  draft.kill(worker, reason);
}

type Exit = Extract<Event, { type: 'worker-exited' }>;

export function exited(draft: Draft, worker: WorkerRecord, { code, signal, words }: Exit): void {
  const ended = code === null ? 'it could not be started' : `exit code ${code}`;
  const plain = signal ? `killed by ${signal}` : ended;
  // What we have asked for needs no explanation.
  const asked = worker.state === 'killed' || ((worker.park || worker.state === 'draining') && code === 0);
  const how = asked ? plain : (words ?? plain);
  draft.clearTimer(`boot:${worker.serial}`);
  draft.clearTimer(`drain:${worker.serial}`);
  if (worker.state === 'ready' || worker.state === 'admitted') {
    const servedMs = draft.at - (worker.readyAt ?? draft.at);
    const text = `${how}, after ${(servedMs / 1000).toFixed(1)}s of service`;
    draft.tellOf(worker, { event: 'crashed', level: 'error', text });
    fellOut(draft, worker, 'ended', text);
  } else if (worker.state === 'draining' || worker.state === 'parked' || worker.state === 'killed') {
    draft.tellOf(worker, { event: 'exited', level: 'info', text: how });
  } else {
    broken(draft, worker, `the worker ended while booting: ${how}`);
  }
  worker.state = 'exited';
  delete draft.state.workers[worker.serial];
}

/** It was in service, and ended or is to end against everybody's will. */
export function fellOut(draft: Draft, worker: WorkerRecord, how: 'ended' | 'hung', text: string): void {
  // A trial's failures are the operation's, not the slot's: the old release need not wait for them.
  if (isTrial(draft.state, worker)) return fail(draft, `a new worker ${how}: ${text}`);
  const servedMs = draft.at - (worker.readyAt ?? draft.at);
  const { failures } = draft.slot(worker.slot);
  failed(draft, worker, servedMs >= STABLE_MS ? 1 : failures + 1, text);
}

/** Every slot that nobody serves, or is about to serve, gets a new worker: at once, or after its back-off. */
export function refill(draft: Draft): void {
  const { state } = draft;
  for (let slot = 0; slot < state.size; slot++) {
    const record = draft.slot(slot);
    if (record.respawnPending || !isFree(draft, slot)) continue;
    if (mayRespawn(draft, slot)) respawn(draft, slot);
  }
}

/** Nobody is in the slot or on the way to it, and no plan is about to send somebody. */
const isFree = (draft: Draft, slot: number): boolean =>
  slot < draft.state.size && draft.comingIn(slot).length === 0 && !isPlanned(draft.state, slot);

/** The plan fills the slot itself: it drains it before it starts a new worker, or boots one after the other. */
function isPlanned({ running }: State, slot: number): boolean {
  if (!running?.plan) return false;
  const { plan, next, rollingBack } = running;
  // The way back begins with those who are still there.
  const steps = rollingBack === undefined ? plan.slice(next, next + 1) : plan.slice(next);
  return steps.some((step) => (step.do === 'drain' || step.do === 'boot') && step.slots.includes(slot));
}

export function respawn(draft: Draft, slot: number): void {
  const { state } = draft;
  const record = draft.slot(slot);
  record.respawnPending = false;
  delete record.respawnAt;
  if (!isFree(draft, slot)) return;
  const worker = draft.spawn(slot, state.committed);
  // A slot's first failure in a row is news, however often the others have failed.
  if (record.failures > 1 && (state.series?.failures ?? 0) >= TOLD_IN_FULL) worker.repeat = true;
}

export const overdue = (draft: Draft, worker: WorkerRecord): string => {
  const { bootTimeout } = draft.state.settings;
  switch (worker.state) {
    case 'probing':
      return 'postWorkerInit or the probe is stuck: the worker does not answer';
    case 'admitted':
      return 'it did not begin to accept connections';
    default:
      return `the app did not finish loading within ${bootTimeout / 1000} s (--boot-timeout)`;
  }
};
