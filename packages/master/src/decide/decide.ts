/**
 * The master's decisions: `decide(state, event) -> state + effects + notices`. Pure: no clock, no processes, no
 * `node:*`; "worker 2 dies in step 3" is a unit test of a few lines. ../perform.ts carries the effects out.
 */

import { EXIT } from '@tshorn/core';
import { forgetSlots } from './backoff.ts';
import { neverLeft } from './clean-up.ts';
import { closedServer } from './closed-server.ts';
import { noneContained } from './contained.ts';
import { crashed, hung, rescued, stayedStuck, turnsAgain } from './containment.ts';
import { carriedOn, firstDesired } from './desired.ts';
import { Draft } from './draft.ts';
import type { Effect, Event, TimerId } from './events.ts';
import { exited } from './exits.ts';
import { stayedSo, watchHealth } from './health.ts';
import { leave, stay } from './leave.ts';
import { arrived } from './migrations.ts';
import type { Settings, State } from './model.ts';
import { nearlyFull } from './nearly-full.ts';
import type { Notice } from './notice.ts';
import { advance, prepared, request } from './operations.ts';
import { releaseOf } from './releases.ts';
import { fail } from './rollback.ts';
import { answered, isAsking } from './steps.ts';
import { finishWhenEmpty, giveUp, stop, tellLast } from './stop.ts';
import {
  accepting,
  broken,
  drained,
  loaded,
  loading,
  movedAll,
  overdue,
  probed,
  probing,
  refill,
  respawn,
  stillBooting,
} from './supervise.ts';

const FIRST = { generation: 1, origin: 1 };

/** `seed`: of the jitter of the back-off; without it there is none. */
export const initialState = (settings: Settings, seed?: number): State => ({
  ...(seed !== undefined && { seed }),
  phase: 'starting',
  startedAt: 0,
  settings,
  desired: firstDesired(settings),
  size: settings.workers,
  committed: 1,
  releases: [FIRST],
  lastGeneration: 1,
  lastSerial: 0,
  proven: [],
  workers: {},
  slots: {},
  queue: [],
  containment: noneContained(),
  exits: { left: 0, 'clean-up': 0, boot: 0, crash: 0, hang: 0, killed: 0 },
});

export interface Decision {
  readonly state: State;
  /** Orders, to be performed in this order, and all of them before a notice is reported. */
  readonly effects: readonly Effect[];
  readonly notices: readonly Notice[];
}

/** `at`: monotonic milliseconds. The given state is left as it is. */
export function decide(state: State, event: Event, at: number): Decision {
  const draft = new Draft(state, at);
  react(draft, event);
  if (draft.state.stop) {
    tellLast(draft);
    finishWhenEmpty(draft);
  } else {
    // An event can both end a step and empty a slot: the operation is served first, so that a slot
    // whose new worker is on its way is not filled twice.
    startedWhenReady(draft);
    advance(draft);
    forgetSlots(draft);
    refill(draft);
    watchHealth(draft);
  }
  const follows = draft.state.desired.range !== undefined;
  const didFollow = event.type !== 'start' && state.desired.range !== undefined;
  if (follows !== didFollow) draft.effects.push({ do: 'follow-load', on: follows });
  return draft;
}

function react(draft: Draft, event: Event): void {
  switch (event.type) {
    case 'start':
      draft.state.startedAt = draft.at;
      if (event.release !== undefined) draft.state.releases = [{ ...FIRST, name: event.release }];
      if (event.scaled) {
        draft.state.desired = carriedOn(draft.state.desired, event.scaled, draft.at);
        draft.state.size = draft.state.desired.workers;
      }
      // In watch mode a start that fails waits for the next save.
      if (!draft.state.settings.watch) draft.setTimer('start', draft.state.settings.bootTimeout);
      return;
    case 'requested':
      return request(draft, event.operation);
    case 'prepared':
      return prepared(draft, event);
    case 'refused':
      if (draft.state.running?.generation === event.generation) fail(draft, event.reason, 'refused');
      return;
    case 'abort-requested':
      return abort(draft, event.by);
    case 'leave-requested':
      return leave(draft, event.by);
    case 'stay-requested':
      return stay(draft, event.by);
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
      if (draft.become(worker, 'booting')) draft.reportOf(worker, { event: 'spawned', level: 'info' });
      return;
    case 'worker-loading':
      return loading(draft, worker, event);
    case 'worker-loaded':
      return loaded(draft, worker, event.kind);
    case 'worker-load-failed': {
      const { detail } = event;
      broken(draft, worker, event.message, { ...(detail !== undefined && { detail }), reason: 'not-loaded' });
      const { phase, proven, settings } = draft.state;
      const isUnmendable = !settings.watch || event.code === 'ERR_ADDRESS_IN_USE';
      // Waiting mends no syntax error: the very first start ends here.
      if (phase === 'starting' && proven.length === 0 && isUnmendable) {
        // The others load the same app.
        for (const other of draft.workers) draft.kill(other, 'not-loaded');
        if (event.code === 'ERR_ADDRESS_IN_USE') giveUp(draft, EXIT.addressInUse, 'an address is in use');
        else giveUp(draft, EXIT.appNotLoadable, 'the app cannot be loaded');
      }
      return;
    }
    case 'worker-probing':
      return probing(draft, worker, event);
    case 'worker-probed':
      return probed(draft, worker, event);
    case 'worker-accepting':
      return accepting(draft, worker);
    case 'worker-stopped-accepting':
      delete worker.emptyQueue;
      return;
    case 'worker-moved-all':
      return movedAll(worker);
    case 'worker-drained':
      return drained(draft, worker, event.report);
    case 'worker-migrations':
      return arrived(draft, worker, event.arrivals);
    case 'worker-closed':
      return closedServer(draft, worker);
    case 'worker-hung':
      return hung(draft, worker, event.silentMs);
    case 'worker-nearly-full':
      return nearlyFull(draft, worker, event.by);
    case 'worker-crashed':
      return crashed(draft, worker, event.reason, event.culprit);
    case 'worker-rescued':
      return rescued(draft, worker, event.rescue);
    case 'worker-turns-again':
      return turnsAgain(worker, event.culprit);
    case 'worker-exited':
      return exited(draft, worker, event);
  }
}

function expire(draft: Draft, timer: TimerId): void {
  const { state } = draft;
  if (timer === 'start') {
    if (state.phase !== 'starting') return;
    if (state.proven.length > 0) return begin(draft);
    const last = state.lastFailure ?? stillBooting(draft);
    for (const worker of draft.workers) draft.kill(worker, 'never-came-up');
    return giveUp(draft, EXIT.neverReady, `no worker became ready within --boot-timeout: ${last}`);
  }
  if (timer === 'leaving') return stop(draft, { mode: 'graceful', by: state.stopBy ?? '--stop-delay' });
  if (timer === 'soak') {
    // The step looks at the time itself, because a timer may fire a little early.
    delete state.running?.begun;
    return;
  }
  if (timer === 'degraded' || timer === 'recovered') return stayedSo(draft, timer);
  const [what, number] = timer.split(':') as ['boot' | 'drain' | 'respawn' | 'rescue', string];
  if (what === 'respawn') return respawn(draft, Number(number));
  const worker = state.workers[Number(number)];
  if (!worker) return;
  if (what === 'boot') return broken(draft, worker, overdue(draft, worker), { reason: 'never-came-up' });
  if (what === 'rescue') return stayedStuck(draft, worker);
  draft.reportOf(worker, { event: 'killed', level: 'warn', text: neverLeft(draft, worker) });
  draft.kill(worker, 'never-left');
}

function watched(draft: Draft, event: Extract<Event, { type: 'watched' }>): void {
  const { generation, verdict, pass, reason } = event;
  if (!isAsking(draft, generation, 'watch')) return;
  const level = verdict === 'pass' ? 'info' : pass ? 'warn' : 'error';
  draft.report({ event: 'canary', level, generation, verdict, pass, text: reason });
  if (pass) answered(draft, generation, 'watch');
  else fail(draft, reason);
}

function abort(draft: Draft, by: string): void {
  const { running } = draft.state;
  if (running?.operation.kind === 'reload' && !running.committed && running.rollingBack === undefined) {
    return fail(draft, `aborted by ${by}`, running.plan ? 'failed' : 'aborted');
  }
  draft.report({ event: 'noted', level: 'info', text: `abort by ${by}: no reload can be rolled back now` });
}

function startedWhenReady(draft: Draft): void {
  const { state } = draft;
  if (state.phase !== 'starting') return;
  const ready = draft.workers.filter((worker) => worker.state === 'ready');
  if (ready.length >= state.size) begin(draft);
}

function begin(draft: Draft): void {
  const { state, at } = draft;
  state.phase = 'running';
  draft.clearTimer('start');
  const size = draft.workers.filter((worker) => worker.state === 'ready').length;
  const level = size < state.size ? 'warn' : 'info';
  const release = releaseOf(state, state.committed)?.name;
  const named = release !== undefined && { release };
  draft.report({ event: 'started', level, size, tookMs: at - state.startedAt, ...named });
}
