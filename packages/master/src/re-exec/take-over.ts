/**
 * The new master's side of a re-exec as a pure machine: no clock, no processes. old-master.ts performs the effects.
 *
 * Until it is told to take over, the new master changes nothing that anybody can see: it has no PID file and no control
 * socket. When the old master dies before that, the new one takes over at once, as there is no other.
 */
import type { StopMode } from '../decide/model.ts';
import type { Notice } from '../decide/notice.ts';
import type { ToNewMaster, ToOldMaster } from './messages.ts';

export type TakeOver = { readonly oldMaster: number } & (
  | { readonly phase: 'booting'; readonly lastFailure?: string }
  /** Takes the PID file and the control socket; `alone`: the old master is dead. */
  | { readonly phase: 'taking-over' | 'taking-over-alone' }
  | { readonly phase: 'active' | 'ended' }
);

export type TakeOverEvent =
  /** A notice of this master's own. */
  | { readonly type: 'noticed'; readonly notice: Notice; readonly workers: number }
  | { readonly type: 'told'; readonly message: ToNewMaster }
  /** The old master is dead. */
  | { readonly type: 'orphaned' }
  /** The channel is closed, and the old master lives. */
  | { readonly type: 'disconnected' }
  | { readonly type: 'taken-over' }
  | { readonly type: 'not-taken-over'; readonly reason: string }
  /** This master could not start. */
  | { readonly type: 'not-started'; readonly reason: string };

export type TakeOverEffect =
  | { readonly do: 'send'; readonly message: ToOldMaster }
  /** Takes both files, or none: answered by `taken-over` or `not-taken-over`. */
  | { readonly do: 'take-over' }
  /** Takes those that it can get: answered by `taken-over`. */
  | { readonly do: 'take-what-is-there' }
  /** This master is active. */
  | { readonly do: 'become-active'; readonly by: string }
  | { readonly do: 'stop'; readonly mode: StopMode; readonly reason: string };

type Result = { readonly state: TakeOver; readonly effects: readonly TakeOverEffect[] };

/** @param oldMaster its pid */
export const beginTakeOver = (oldMaster: number): TakeOver => ({ oldMaster, phase: 'booting' });

export function takeOver(state: TakeOver, event: TakeOverEvent): Result {
  switch (event.type) {
    case 'noticed':
      return noticed(state, event.notice, event.workers);
    case 'told':
      return told(state, event.message);
    case 'orphaned':
      if (state.phase === 'booting') {
        return { state: enter(state, 'taking-over-alone'), effects: [{ do: 'take-what-is-there' }] };
      }
      if (state.phase === 'taking-over') return { state: enter(state, 'taking-over-alone'), effects: [] };
      break;
    case 'disconnected':
      // Two masters that cannot speak to each other must not both be active: the old one is.
      if (isJoining(state)) return end(state, 'a lost connection to the old master');
      break;
    case 'taken-over': {
      if (state.phase !== 'taking-over' && state.phase !== 'taking-over-alone') break;
      const { oldMaster } = state;
      const by = state.phase === 'taking-over' ? `after pid ${oldMaster}` : `since pid ${oldMaster} is gone`;
      return { state: enter(state, 'active'), effects: [{ do: 'become-active', by }] };
    }
    case 'not-taken-over':
      if (state.phase === 'taking-over') {
        return end(state, 'a failed take-over', event.reason);
      }
      // Without a PID file, the only master still serves.
      if (state.phase === 'taking-over-alone') return { state, effects: [{ do: 'take-what-is-there' }] };
      break;
    case 'not-started':
      if (!isJoining(state)) break;
      return { state: enter(state, 'ended'), effects: [failed(event.reason)] };
  }
  return { state, effects: [] };
}

type Phase = TakeOver['phase'];
const enter = ({ oldMaster }: TakeOver, phase: Phase): TakeOver => ({ oldMaster, phase });

const isJoining = ({ phase }: TakeOver): boolean => phase !== 'active' && phase !== 'ended';

function noticed(state: TakeOver, notice: Notice, workers: number): Result {
  if (state.phase === 'booting') {
    if (notice.event === 'broken' || notice.event === 'crashed') {
      return { state: { ...state, lastFailure: notice.text ?? '' }, effects: [] };
    }
    const why = state.lastFailure ? `: ${state.lastFailure}` : '';
    if (notice.event === 'started') {
      if (notice.size >= workers) {
        return { state, effects: [{ do: 'send', message: { type: 'ready' } }] };
      }
      return end(state, 'an incomplete start', `only ${notice.size} of its workers became ready${why}`);
    }
    if (notice.event === 'stopping') {
      const reason = notice.level === 'fatal' ? `${notice.text}${why}` : notice.text;
      return { state: enter(state, 'ended'), effects: [failed(reason)] };
    }
  }
  if (state.phase === 'taking-over' && notice.event === 'stopping') {
    return { state: enter(state, 'ended'), effects: [failed(notice.text)] };
  }
  return { state, effects: [] };
}

function told(state: TakeOver, message: ToNewMaster): Result {
  if (message.type === 'take-over' && state.phase === 'booting') {
    return { state: enter(state, 'taking-over'), effects: [{ do: 'take-over' }] };
  }
  if (message.type === 'stand-down') {
    // Also when `took-over` has crossed it: the service is to end.
    const { mode, reason } = message;
    return { state: enter(state, 'ended'), effects: [{ do: 'stop', mode, reason }] };
  }
  return { state, effects: [] };
}

/** @param reason for the old master; absent where it cannot be told */
const end = (state: TakeOver, by: string, reason?: string): Result => ({
  state: enter(state, 'ended'),
  effects: [...(reason === undefined ? [] : [failed(reason)]), { do: 'stop', mode: 'graceful', reason: by }],
});

const failed = (reason: string): TakeOverEffect => ({ do: 'send', message: { type: 'failed', reason } });
