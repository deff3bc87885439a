/**
 * The old master's side of a re-exec as a pure machine: no clock, no processes. new-master.ts performs the effects.
 *
 * The old master gives up nothing before the new one says `took-over`. Every failure before that is a transition with a
 * reason, ends in `failed`, and leaves the old master fully active. Every phase but the last two has a deadline.
 */
import type { StopMode } from '../decide/model.ts';
import type { Notice } from '../decide/notice.ts';
import type { ToNewMaster, ToOldMaster } from './messages.ts';

interface Timing {
  /** Milliseconds. */
  readonly bootTimeout: number;
  /** Milliseconds. */
  readonly grace: number;
}

/** Why there is no new master. A stop of the service is no fault of the new master. */
interface Failure {
  readonly kind: 'failed' | 'aborted';
  readonly reason: string;
}

export type HandOver = Timing & { readonly pid?: number } & (
    | { readonly phase: 'starting' | 'booting' }
    /** The new master may hold the PID file and the control socket from here on. */
    | { readonly phase: 'taking-over' }
    /** The channel is closed; the exit of the new master is expected to say why. */
    | { readonly phase: 'disconnected'; readonly mayHold: boolean }
    /** The new master was told to end, or ends by itself. */
    | { readonly phase: 'leaving' | 'killed'; readonly mayHold: boolean; readonly failure: Failure }
    /** The new master is gone; the old one takes the PID file and the control socket back. */
    | { readonly phase: 'reclaiming'; readonly failure: Failure }
    /** The new master ended without a word, and its program is asked why. */
    | { readonly phase: 'explaining'; readonly failure: Failure }
    | { readonly phase: 'handed-over' | 'failed' }
  );

export type HandOverEvent =
  | { readonly type: 'started'; readonly pid: number; readonly by: string }
  | { readonly type: 'not-started'; readonly reason: string }
  | { readonly type: 'told'; readonly message: ToOldMaster }
  | { readonly type: 'disconnected' }
  /** The old master is asked to stop. */
  | { readonly type: 'stop'; readonly mode: StopMode; readonly reason: string }
  | { readonly type: 'expired' }
  | { readonly type: 'exited'; readonly code: number | null; readonly signal: string | null }
  | { readonly type: 'reclaimed' }
  | { readonly type: 'explained'; readonly text?: string | undefined };

export type HandOverEffect =
  | { readonly do: 'send'; readonly message: ToNewMaster }
  /** There is one timer; its expiry is the event `expired`. */
  | { readonly do: 'set-timer'; readonly ms: number }
  | { readonly do: 'clear-timer' }
  | { readonly do: 'signal'; readonly signal: 'SIGTERM' | 'SIGKILL' }
  /** May fail in part; `reclaimed` comes in every case. */
  | { readonly do: 'reclaim' }
  /** Answered by `explained`. */
  | { readonly do: 'ask-why' }
  | { readonly do: 'hand-over'; readonly pid: number; readonly message: TookOver }
  | { readonly do: 'tell'; readonly notice: Notice };

export type TookOver = Extract<ToOldMaster, { type: 'took-over' }>;
type Result = { readonly state: HandOver; readonly effects: readonly HandOverEffect[] };

/** A process has to start, read its config and run a hook, beside the boot of its workers. */
const MARGIN_MS = 10_000;
/** Two files and a socket. */
const TAKE_OVER_MS = 10_000;
/** A process whose channel has closed is usually about to exit. */
const CLOSED_MS = 1_000;
/** Node's timers hold no more. */
const LONGEST_MS = 2 ** 31 - 1;

export const isOver = ({ phase }: HandOver): boolean => phase === 'handed-over' || phase === 'failed';

export function beginHandOver(timing: Timing): Result {
  return { state: { ...timing, phase: 'starting' }, effects: [bootTimer(timing.bootTimeout)] };
}

export function handOver(state: HandOver, event: HandOverEvent): Result {
  switch (event.type) {
    case 'started':
      if (state.phase !== 'starting') break;
      return {
        state: { ...state, phase: 'booting', pid: event.pid },
        effects: [started(event.pid, event.by)],
      };
    case 'not-started':
      if (state.phase !== 'starting') break;
      return fail(state, { kind: 'failed', reason: event.reason });
    case 'told':
      return told(state, event.message);
    case 'disconnected':
      if (!isAwaited(state)) break;
      return {
        state: { ...state, phase: 'disconnected', mayHold: state.phase === 'taking-over' },
        effects: [{ do: 'set-timer', ms: CLOSED_MS }],
      };
    case 'stop':
      return stop(state, event);
    case 'expired':
      return expired(state);
    case 'exited':
      return exited(state, event);
    case 'reclaimed':
      return state.phase === 'reclaiming' ? fail(state, state.failure) : unchanged(state);
    case 'explained': {
      if (state.phase !== 'explaining') break;
      const { kind, reason } = state.failure;
      return fail(state, { kind, reason: event.text ? `${reason}\n${event.text}` : reason });
    }
  }
  return unchanged(state);
}

function told(state: HandOver, message: ToOldMaster): Result {
  switch (message.type) {
    case 'hello':
      if (state.phase !== 'booting') break;
      // The config of the new master may give its workers more time than that of the old one.
      return {
        state: { ...state, bootTimeout: message.bootTimeout },
        effects: [bootTimer(message.bootTimeout)],
      };
    case 'ready':
      if (state.phase !== 'booting') break;
      return {
        state: { ...state, phase: 'taking-over' },
        effects: [
          { do: 'set-timer', ms: TAKE_OVER_MS },
          { do: 'send', message: { type: 'take-over' } },
        ],
      };
    case 'took-over':
      if (state.phase === 'booting') {
        return leave(
          state,
          { kind: 'failed', reason: 'it took over before it was told to' },
          'graceful',
          true,
        );
      }
      // One that was told to leave does so: it ends, also when its answer has crossed the order.
      if (state.phase !== 'taking-over' || state.pid === undefined) break;
      return {
        state: { ...state, phase: 'handed-over' },
        effects: [
          { do: 'clear-timer' },
          { do: 'hand-over', pid: state.pid, message },
          { do: 'tell', notice: done(state.pid) },
        ],
      };
    case 'failed':
      // The new master ends by itself, and gracefully: some of its workers may serve.
      if (isAwaited(state)) return leave(state, { kind: 'failed', reason: message.reason });
  }
  return unchanged(state);
}

function stop(state: HandOver, { mode, reason }: Extract<HandOverEvent, { type: 'stop' }>): Result {
  if (isAwaited(state)) return leave(state, { kind: 'aborted', reason }, mode);
  if (state.phase !== 'leaving') return unchanged(state);
  // A second order is a faster one.
  return { state, effects: [{ do: 'send', message: { type: 'stand-down', mode, reason } }] };
}

function expired(state: HandOver): Result {
  const failed = (reason: string): Failure => ({ kind: 'failed', reason });
  switch (state.phase) {
    case 'starting':
    case 'booting': {
      const seconds = (state.bootTimeout + MARGIN_MS) / 1_000;
      const reason = `it was not ready within ${seconds} s (--boot-timeout and 10 s more)`;
      return leave(state, failed(reason), 'graceful');
    }
    case 'taking-over':
      return leave(state, failed(`it did not take over within ${TAKE_OVER_MS / 1_000} s`), 'graceful');
    case 'disconnected': {
      const left = leave(state, failed('it closed the channel to this master'), undefined, state.mayHold);
      return { ...left, effects: [{ do: 'signal', signal: 'SIGTERM' }, ...left.effects] };
    }
    case 'leaving':
      return {
        state: { ...state, phase: 'killed' },
        effects: [
          { do: 'set-timer', ms: MARGIN_MS },
          { do: 'signal', signal: 'SIGKILL' },
        ],
      };
    case 'killed':
      // The kernel keeps a process that waits for a disk; nothing of it runs any more.
      return ended(state, state.failure, state.mayHold);
    case 'reclaiming':
    case 'explaining':
      return fail(state, state.failure);
    default:
      return unchanged(state);
  }
}

function exited(state: HandOver, { code, signal }: Extract<HandOverEvent, { type: 'exited' }>): Result {
  if (state.phase === 'leaving' || state.phase === 'killed')
    return ended(state, state.failure, state.mayHold);
  if (!isAwaited(state)) return unchanged(state);
  const reason = signal ? `it was killed by ${signal}` : `it exited with code ${code}`;
  const failure: Failure = { kind: 'failed', reason };
  const mayHold = state.phase === 'taking-over' || (state.phase === 'disconnected' && state.mayHold);
  if (mayHold || !code) return ended(state, failure, mayHold);
  // A program that cannot even be loaded could not say why.
  return {
    state: { ...state, phase: 'explaining', failure },
    effects: [{ do: 'set-timer', ms: MARGIN_MS }, { do: 'ask-why' }],
  };
}

/** True while the new master may still become active. */
const isAwaited = (
  state: HandOver,
): state is Extract<HandOver, { phase: 'starting' | 'booting' | 'taking-over' | 'disconnected' }> =>
  ['starting', 'booting', 'taking-over', 'disconnected'].includes(state.phase);

/** @param mode undefined: the new master ends by itself */
function leave(
  state: HandOver,
  failure: Failure,
  mode?: StopMode,
  mayHold = state.phase === 'taking-over' || (state.phase === 'disconnected' && state.mayHold),
): Result {
  const effects: HandOverEffect[] = [{ do: 'set-timer', ms: shortest(state.grace + MARGIN_MS) }];
  if (mode) effects.push({ do: 'send', message: { type: 'stand-down', mode, reason: failure.reason } });
  // At once, so that the PID file is never missing when the new master removes its own; again when it is gone.
  if (mayHold) effects.push({ do: 'reclaim' });
  return { state: { ...state, phase: 'leaving', mayHold, failure }, effects };
}

function ended(state: HandOver, failure: Failure, mayHold: boolean): Result {
  if (!mayHold) return fail(state, failure);
  return {
    state: { ...state, phase: 'reclaiming', failure },
    effects: [{ do: 'set-timer', ms: TAKE_OVER_MS }, { do: 'reclaim' }],
  };
}

function fail(state: HandOver, { kind, reason }: Failure): Result {
  const text = `re-exec ${kind === 'failed' ? 'failed, this master stays active' : 'aborted'}: ${reason}`;
  const notice: Notice = {
    event: 're-exec-finished',
    level: kind === 'failed' ? 'error' : 'warn',
    outcome: 'failed',
    text,
    reason,
    ...(state.pid !== undefined && { pid: state.pid }),
  };
  return {
    state: { ...state, phase: 'failed' },
    effects: [{ do: 'clear-timer' }, { do: 'tell', notice }],
  };
}

const unchanged = (state: HandOver): Result => ({ state, effects: [] });

const shortest = (ms: number) => Math.min(ms, LONGEST_MS);

const bootTimer = (bootTimeout: number): HandOverEffect => ({
  do: 'set-timer',
  ms: shortest(bootTimeout + MARGIN_MS),
});

const started = (pid: number, by: string): HandOverEffect => ({
  do: 'tell',
  notice: {
    event: 're-exec-started',
    level: 'info',
    text: `re-exec by ${by}: the new master is pid ${pid}`,
    pid,
  },
});

const done = (pid: number): Notice => ({
  event: 're-exec-finished',
  level: 'info',
  outcome: 'committed',
  text: `re-exec done: master pid ${pid} is active, this one drains`,
  pid,
});
