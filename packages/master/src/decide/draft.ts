/**
 * The next state while it is being made, with its effects and notices. Every change that is more than one assignment
 * has a name here, so that a state and its effects cannot fall apart.
 */
import { type DrainMode, isComing, mayBecome, type WorkerState } from '@tshorn/core';
import { copyOf } from './copy.ts';
import type { Effect, KillReason, TimerId } from './events.ts';
import type { Operation, SlotRecord, State, WorkerRecord } from './model.ts';
import type { Notice, OperationInfo, Position, WorkerEvent } from './notice.ts';
import type { Step } from './plan.ts';
import { isEnding, takerMayCome } from './queries.ts';
import { isRepeat } from './repeats.ts';

/** Time that a worker gets on top of its deadline before it is killed, for its own clean-up. */
export const KILL_MARGIN_MS = 3_000;

/** Listening on a handle is a matter of milliseconds, even for an app with a slow `listening` callback. */
const ACCEPT_MS = 10_000;

/** In watch mode workers come and go with each save: a person wants the change, the moment that it serves, and the verdict. */
const OF_EACH_SAVE: readonly WorkerEvent[] = ['spawned', 'draining', 'drained', 'exited'];

type WorkerNotice = Extract<Notice, { event: WorkerEvent }>;

/** The operation as a notice carries it. */
export const infoOf = ({ kind, by, ids = [] }: Operation): OperationInfo => ({ kind, by, ids });

export class Draft {
  readonly state: State;
  /** Monotonic milliseconds. */
  readonly at: number;
  /** Orders. All of them are performed before the notices are reported. */
  readonly effects: Effect[] = [];
  readonly notices: Notice[] = [];

  constructor(state: State, at: number) {
    // A plan is made once; that of a reload of many workers is longer than all the rest.
    this.state = copyOf(state, state.running?.plan);
    this.at = at;
  }

  get workers(): WorkerRecord[] {
    return Object.values(this.state.workers);
  }

  slot(slot: number): SlotRecord {
    this.state.slots[slot] ??= { failures: 0, respawnPending: false };
    return this.state.slots[slot];
  }

  comingIn(slot: number): WorkerRecord[] {
    return this.workers.filter((worker) => worker.slot === slot && isComing(worker.state));
  }

  report(notice: Notice): void {
    this.notices.push(notice);
  }

  /** A notice about a worker, with its place in the operation under way where the worker belongs to that. */
  reportOf(worker: WorkerRecord, notice: Omit<WorkerNotice, 'worker'>): void {
    const { slot, generation, pid } = worker;
    const position = this.#positionOf(worker);
    const isKnown =
      isRepeat(worker, this.slot(worker.slot), notice.event, this.at) ||
      (this.state.settings.watch && notice.level === 'info' && OF_EACH_SAVE.includes(notice.event));
    const level = isKnown ? 'debug' : notice.level;
    this.report({ ...notice, level, worker: { slot, generation, pid }, ...(position && { position }) });
  }

  #positionOf(worker: WorkerRecord): Position | undefined {
    const { running } = this.state;
    if (!running?.plan) return undefined;
    const { plan, next } = running;
    const concerns = (step: Step | undefined) =>
      step && (!('slots' in step) || step.slots.includes(worker.slot));
    const leaves = worker.state === 'draining' || worker.state === 'parked';
    // The plan may have gone on while the worker drains.
    const drain = (step: Step, at: number) => at < next && step.do === 'drain' && concerns(step);
    const at = concerns(plan[next]) ? next : leaves ? plan.findLastIndex(drain) : -1;
    return at === -1 ? undefined : { step: at + 1, of: plan.length };
  }

  setTimer(timer: TimerId, ms: number): void {
    this.effects.push({ do: 'set-timer', timer, ms });
  }

  clearTimer(timer: TimerId): void {
    this.effects.push({ do: 'clear-timer', timer });
  }

  become(worker: WorkerRecord, state: WorkerState): boolean {
    if (!mayBecome(worker.state, state)) return false;
    worker.state = state;
    return true;
  }

  spawn(slot: number, generation: number): WorkerRecord {
    const record = this.slot(slot);
    if (record.respawnPending) {
      record.respawnPending = false;
      delete record.respawnAt;
      this.clearTimer(`respawn:${slot}`);
    }
    const serial = ++this.state.lastSerial;
    const worker: WorkerRecord = { serial, slot, generation, state: 'spawned', bornAt: this.at };
    this.state.workers[serial] = worker;
    this.effects.push({ do: 'spawn', serial, slot, generation });
    this.setTimer(`boot:${serial}`, this.state.settings.bootTimeout);
    return worker;
  }

  /** Drains a worker in service. A worker on its way there has nothing to finish and is killed. */
  leave(worker: WorkerRecord, mode: DrainMode, park = false): void {
    if (worker.state === 'draining' || worker.state === 'killed' || isEnding(worker)) return;
    const parked = worker.state === 'parked';
    if (!this.become(worker, 'draining')) return this.kill(worker);
    this.clearTimer(`boot:${worker.serial}`);
    this.hurry(worker, mode, park);
    if (!parked) this.reportOf(worker, { event: 'draining', level: 'info' });
  }

  /** Orders the drain. A second order with a shorter deadline makes it faster. */
  hurry(worker: WorkerRecord, mode: DrainMode, park = false): void {
    const { grace, quickGrace, handoff: allowed } = this.state.settings;
    const deadlineMs = mode === 'quick' ? Math.min(quickGrace, grace) : grace;
    if (park) worker.park = true;
    else delete worker.park;
    const handoff = allowed && takerMayCome(this.state, worker.serial);
    const order = { serial: worker.serial, mode, deadlineMs, handoff, park };
    const { emptyQueue } = worker;
    this.effects.push({ do: 'drain', ...order, ...(emptyQueue && { emptyQueue }) });
    worker.drainsUntil = this.at + deadlineMs;
    this.setTimer(`drain:${worker.serial}`, deadlineMs + KILL_MARGIN_MS);
  }

  /**
   * Orders the last drain, after a crash or a hang. A second order, or one during another drain, never gives more time.
   * @param atMostMs milliseconds
   */
  fail(worker: WorkerRecord, failing: 'crash' | 'hang', atMostMs: number): void {
    const { serial } = worker;
    const until = Math.min(worker.drainsUntil ?? Number.POSITIVE_INFINITY, this.at + atMostMs);
    worker.drainsUntil = until;
    const deadlineMs = Math.max(0, until - this.at);
    const handoff = this.state.settings.handoff && takerMayCome(this.state, serial);
    // Never `quick`: no hook of the app and no clean-up runs.
    this.effects.push({ do: 'drain', serial, mode: 'graceful', deadlineMs, handoff, park: false, failing });
    this.setTimer(`drain:${serial}`, deadlineMs + KILL_MARGIN_MS);
  }

  /**
   * Lets the worker serve, for the first time or again.
   * @param watched what it does is compared with the old workers, from its first request on
   */
  admit(worker: WorkerRecord, watched = false): void {
    if (!this.become(worker, 'admitted')) return;
    delete worker.park;
    delete worker.movedAll;
    delete worker.drained;
    delete worker.drainsUntil;
    this.clearTimer(`drain:${worker.serial}`);
    this.setTimer(`boot:${worker.serial}`, ACCEPT_MS);
    this.effects.push({ do: 'admit', serial: worker.serial, ...(watched && { watched }) });
  }

  kill(worker: WorkerRecord, reason?: KillReason): void {
    if (!this.become(worker, 'killed')) return;
    for (const timer of ['boot', 'drain', 'rescue'] as const) this.clearTimer(`${timer}:${worker.serial}`);
    this.effects.push({ do: 'kill', serial: worker.serial, ...(reason && { reason }) });
  }
}
