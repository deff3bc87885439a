/**
 * The next state while it is being made, with the effects that go with it. Every change that is more
 * than one assignment has its name here, so that a state and its effects cannot fall apart.
 */
import { type DrainMode, isComing, mayBecome, type WorkerState } from '@tshorn/core';
import { isRepeat } from './backoff.ts';
import type { Effect, KillReason, SlotRecord, State, TimerId, WorkerRecord } from './model.ts';
import type { Notice, Position, WorkerEvent } from './notice.ts';

/** What a worker gets on top of its deadline before it is killed: time for its own clean-up. */
export const KILL_MARGIN_MS = 3_000;

/** Listening on a handle is a matter of milliseconds, even for an app with a slow `listening` callback. */
const ACCEPT_MS = 10_000;

type WorkerNotice = Extract<Notice, { event: WorkerEvent }>;

export class Draft {
  readonly state: State;
  /** Monotonic milliseconds. */
  readonly at: number;
  readonly effects: Effect[] = [];

  constructor(state: State, at: number) {
    this.state = structuredClone(state);
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

  tell(notice: Notice): void {
    this.effects.push({ do: 'tell', notice });
  }

  /** A notice about a worker, with its place in the operation under way where it belongs to it. */
  tellOf(worker: WorkerRecord, notice: Omit<WorkerNotice, 'worker'>): void {
    const { slot, generation, pid } = worker;
    const position = this.#positionOf(worker);
    const level = isRepeat(this, worker, notice.event) ? 'debug' : notice.level;
    this.tell({ ...notice, level, worker: { slot, generation, pid }, ...(position && { position }) });
  }

  #positionOf(worker: WorkerRecord): Position | undefined {
    const { running } = this.state;
    if (!running?.plan) return undefined;
    const step = running.plan[running.next];
    const concerned = step && (!('slots' in step) || step.slots.includes(worker.slot));
    return concerned ? { step: running.next + 1, of: running.plan.length } : undefined;
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

  /** In service it drains; on its way there it has nothing to finish and is ended at once. */
  leave(worker: WorkerRecord, mode: DrainMode, park = false): void {
    if (worker.state === 'draining' || worker.state === 'killed') return;
    const parked = worker.state === 'parked';
    if (!this.become(worker, 'draining')) return this.kill(worker);
    this.clearTimer(`boot:${worker.serial}`);
    this.hurry(worker, mode, park);
    if (!parked) this.tellOf(worker, { event: 'draining', level: 'info' });
  }

  /** Orders the drain; ordered once more with a shorter deadline, it goes faster. */
  hurry(worker: WorkerRecord, mode: DrainMode, park = false): void {
    const { grace, quickGrace, handoff: allowed } = this.state.settings;
    const deadlineMs = mode === 'quick' ? Math.min(quickGrace, grace) : grace;
    const { stop } = this.state;
    const taken = stop ? stop.newMaster === true : this.workers.some(({ state }) => state === 'ready');
    const handoff = allowed && taken;
    if (park) worker.park = true;
    else delete worker.park;
    const order = { serial: worker.serial, mode, deadlineMs, handoff, park };
    // An newMaster goes on accepting from the same sockets.
    const isLast = this.state.stop && !this.state.stop.newMaster;
    this.effects.push({ do: 'drain', ...order, ...(isLast && { emptyQueue: true }) });
    this.setTimer(`drain:${worker.serial}`, deadlineMs + KILL_MARGIN_MS);
  }

  /** Into service, for the first time or again. */
  admit(worker: WorkerRecord): void {
    if (!this.become(worker, 'admitted')) return;
    delete worker.park;
    this.clearTimer(`drain:${worker.serial}`);
    this.setTimer(`boot:${worker.serial}`, ACCEPT_MS);
    this.effects.push({ do: 'admit', serial: worker.serial });
  }

  kill(worker: WorkerRecord, reason?: KillReason): void {
    if (!this.become(worker, 'killed')) return;
    this.clearTimer(`boot:${worker.serial}`);
    this.effects.push({ do: 'kill', serial: worker.serial, ...(reason && { reason }) });
  }
}
