/**
 * The master's brain: `decide(state, event) -> state + effects`. Pure: no clock, no processes, no
 * `node:*`; "worker 2 dies in step 3" is a unit test of a few lines. The hands are ../perform.ts.
 */
import { EXIT } from '@tshorn/core';
import { forgetSlots } from './backoff.ts';
import { Draft } from './draft.ts';
import { stayedSo, watchHealth } from './health.ts';
import { hung } from './hung.ts';
import { beginLeaving, isToldFirst } from './leaving.ts';
import { arrived } from './migrations.ts';
import type { Effect, Event, Settings, State, StopMode, TimerId } from './model.ts';
import { advance, prepared, request } from './operations.ts';
import { fail } from './rollback.ts';
import { answered, isAsking } from './steps.ts';
import { accepting, broken, drained, exited, loaded, overdue, probed, refill, respawn } from './supervise.ts';

/** `seed`: of the jitter of the back-off; without it there is none. */
export const initialState = (settings: Settings, seed?: number): State => ({
  ...(seed !== undefined && { seed }),
  phase: 'starting',
  settings,
  size: settings.workers,
  committed: 1,
  lastGeneration: 1,
  lastSerial: 0,
  proven: [],
  workers: {},
  slots: {},
  queue: [],
});

/** `at`: monotonic milliseconds. The given state is left as it is. */
export function decide(state: State, event: Event, at: number): { state: State; effects: Effect[] } {
  const draft = new Draft(state, at);
  react(draft, event);
  if (draft.state.stop) finishWhenEmpty(draft);
  else {
    // An event can both end a step and empty a slot: the operation is served first, so that a slot
    // whose new worker is on its way is not filled twice.
    startedWhenReady(draft);
    advance(draft);
    forgetSlots(draft);
    refill(draft);
    watchHealth(draft);
  }
  return { state: draft.state, effects: draft.effects };
}

function react(draft: Draft, event: Event): void {
  switch (event.type) {
    case 'start':
      draft.setTimer('start', draft.state.settings.bootTimeout);
      return;
    case 'requested':
      return request(draft, event.operation);
    case 'prepared':
      return prepared(draft, event.generation, event.settings);
    case 'refused':
      if (draft.state.running?.generation === event.generation) fail(draft, event.reason, 'refused');
      return;
    case 'abort-requested':
      return abort(draft, event.by);
    case 'approved':
      return answered(draft, event.generation, 'approve');
    case 'watched':
      return watched(draft, event);
    case 'vetoed':
      if (isAsking(draft, event.generation, 'approve')) fail(draft, event.reason);
      return;
    case 'stop-requested':
      return stop(draft, event);
    case 'expired':
      return expire(draft, event.timer);
    default:
      return reactToWorker(draft, event);
  }
}

type EventOfWorker = Extract<Event, { serial: number }>;

function reactToWorker(draft: Draft, event: EventOfWorker): void {
  const worker = draft.state.workers[event.serial];
  // A fact that comes after the worker's end changes nothing any more.
  if (!worker) return;
  switch (event.type) {
    case 'worker-spawned':
      worker.pid = event.pid;
      if (draft.become(worker, 'booting')) draft.tellOf(worker, { event: 'spawned', level: 'info' });
      return;
    case 'worker-loaded':
      return loaded(draft, worker, event.kind);
    case 'worker-load-failed': {
      broken(draft, worker, event.message, event);
      const { phase, proven } = draft.state;
      // Waiting mends no syntax error: at the very first start that is the end.
      if (phase === 'starting' && proven.length === 0) {
        if (event.code === 'ERR_ADDRESS_IN_USE') giveUp(draft, EXIT.addressInUse, 'an address is in use');
        else giveUp(draft, EXIT.appNotLoadable, 'the app cannot be loaded');
      }
      return;
    }
    case 'worker-probed':
      return probed(draft, worker, event.report);
    case 'worker-accepting':
      return accepting(draft, worker);
    case 'worker-drained':
      return drained(draft, worker, event.report);
    case 'worker-migrations':
      return arrived(draft, worker, event.arrivals);
    case 'worker-hung':
      return hung(draft, worker, event.silentMs);
    case 'worker-exited':
      return exited(draft, worker, event);
  }
}

function expire(draft: Draft, timer: TimerId): void {
  const { state } = draft;
  if (timer === 'start') {
    if (state.phase !== 'starting') return;
    if (state.proven.length > 0) return begin(draft);
    const last = state.lastFailure ?? 'the app is still loading';
    for (const worker of draft.workers) draft.kill(worker, 'never-came-up');
    return giveUp(draft, EXIT.neverReady, `no worker became ready within --boot-timeout: ${last}`);
  }
  if (timer === 'leaving') return stop(draft, { mode: 'graceful', by: state.stopBy ?? '--stop-delay' });
  if (timer === 'soak') {
    // The step looks at the time itself; and a timer may fire a little early.
    delete state.running?.begun;
    return;
  }
  if (timer === 'degraded' || timer === 'recovered') return stayedSo(draft, timer);
  const [what, number] = timer.split(':') as ['boot' | 'drain' | 'respawn', string];
  if (what === 'respawn') return respawn(draft, Number(number));
  const worker = state.workers[Number(number)];
  if (!worker) return;
  if (what === 'boot') return broken(draft, worker, overdue(draft, worker), { reason: 'never-came-up' });
  draft.tellOf(worker, { event: 'killed', level: 'warn', text: 'it did not leave within its grace period' });
  draft.kill(worker, 'never-left');
}

function watched(draft: Draft, event: Extract<Event, { type: 'watched' }>): void {
  const { generation, verdict, pass, reason } = event;
  if (!isAsking(draft, generation, 'watch')) return;
  const level = verdict === 'pass' ? 'info' : pass ? 'warn' : 'error';
  draft.tell({ event: 'canary', level, generation, verdict, pass, text: reason });
  if (pass) answered(draft, generation, 'watch');
  else fail(draft, reason);
}

function abort(draft: Draft, by: string): void {
  const { running } = draft.state;
  if (running?.operation.kind === 'reload' && !running.committed && running.rollingBack === undefined) {
    return fail(draft, `aborted by ${by}`, running.plan ? 'failed' : 'aborted');
  }
  draft.tell({ event: 'noted', level: 'info', text: `abort by ${by}: there is no reload to take back` });
}

function startedWhenReady(draft: Draft): void {
  const { state } = draft;
  if (state.phase !== 'starting') return;
  const ready = draft.workers.filter((worker) => worker.state === 'ready');
  if (ready.length >= state.size) begin(draft);
}

function begin(draft: Draft): void {
  draft.state.phase = 'running';
  draft.clearTimer('start');
  const ready = draft.workers.filter((worker) => worker.state === 'ready').length;
  draft.tell({
    event: 'started',
    level: ready < draft.state.size ? 'warn' : 'info',
    size: ready,
    tookMs: draft.at,
  });
}

function giveUp(draft: Draft, exitCode: number, text: string): void {
  draft.tell({ event: 'stopping', level: 'fatal', text });
  enterStop(draft, { mode: 'now', exitCode });
}

type StopRequest = Omit<Extract<Event, { type: 'stop-requested' }>, 'type'>;

function stop(draft: Draft, { mode, by, newMaster }: StopRequest): void {
  const { state } = draft;
  // Once more means faster, never slower.
  if (state.stop && RANK[mode] <= RANK[state.stop.mode]) return;
  // Who has an newMaster is not missed.
  if (!newMaster && isToldFirst(state, mode)) return beginLeaving(draft, by);
  draft.tell({ event: 'stopping', level: 'info', text: `${mode} stop by ${by}` });
  fail(draft, `stopped by ${by}`, 'aborted');
  enterStop(draft, { mode, exitCode: state.stop?.exitCode ?? EXIT.ok, ...(newMaster && { newMaster }) });
}

const RANK: Record<StopMode, number> = { graceful: 0, quick: 1, now: 2 };

function enterStop(draft: Draft, stop: NonNullable<State['stop']>): void {
  const { state } = draft;
  const { mode } = stop;
  if (!state.stop) draft.effects.push({ do: 'close-listeners' });
  state.phase = 'draining';
  state.stop = stop;
  state.queue = [];
  draft.clearTimer('start');
  if (state.changing) draft.clearTimer(state.changing.to);
  delete state.changing;
  draft.clearTimer('leaving');
  for (const [slot, record] of Object.entries(state.slots)) {
    if (record.respawnPending) draft.clearTimer(`respawn:${Number(slot)}`);
    record.respawnPending = false;
  }
  for (const worker of draft.workers) {
    if (mode === 'now') draft.kill(worker);
    else if (worker.state === 'draining') draft.hurry(worker, mode);
    else draft.leave(worker, mode);
  }
}

function finishWhenEmpty(draft: Draft): void {
  const { state } = draft;
  if (state.phase === 'stopped' || draft.workers.length > 0) return;
  state.phase = 'stopped';
  const exitCode = state.stop?.exitCode ?? EXIT.ok;
  draft.tell({ event: 'stopped', level: exitCode === 0 ? 'info' : 'error', text: `exit code ${exitCode}` });
  draft.effects.push({ do: 'finish', exitCode });
}
