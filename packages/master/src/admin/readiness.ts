/**
 * The answers to probes and to HAProxy's agent-check, from the state of the master. Pure: a probe costs next to nothing,
 * however often it comes.
 */
import type { State } from '../decide/model.ts';
import { lastReason, readyWorkers } from '../decide/queries.ts';

export interface Readiness {
  /** Slots with a worker in service. */
  readonly ready: number;
  readonly size: number;
  /** Why no new traffic should come; undefined when it may. */
  readonly notReady?: string;
  /** Why the start is not over; undefined when it is. */
  readonly notStarted?: string;
  /** The server still serves, and asks for no new traffic: it leaves the balancer. */
  readonly isLeaving: boolean;
}

/** @param needed `--ready-workers` */
export function readinessOf(state: State, needed: number): Readiness {
  const { phase, size } = state;
  const ready = new Set(readyWorkers(state).map(({ slot }) => slot)).size;
  const isLeaving =
    phase === 'leaving' || (state.left !== undefined && phase !== 'draining' && phase !== 'stopped');
  const notReady = whyNotReady(state, ready, needed);
  const notStarted = phase === 'starting' ? `starting: ${withReason(state, ready)}` : undefined;
  return {
    ready,
    size,
    ...(notReady !== undefined && { notReady }),
    ...(notStarted !== undefined && { notStarted }),
    isLeaving,
  };
}

function whyNotReady(state: State, ready: number, needed: number): string | undefined {
  switch (state.phase) {
    case 'leaving':
      return `leaving: graceful stop by ${state.stopBy}`;
    case 'draining':
      return 'stopping';
    case 'stopped':
      return 'stopped';
    default:
      if (state.left) return `leaving: by ${state.left.by}`;
      if (ready >= needed) return undefined;
      return withReason(state, ready) + (needed > 1 ? `, --ready-workers is ${needed}` : '');
  }
}

function withReason(state: State, ready: number): string {
  const reason = lastReason(state) ?? (state.phase === 'starting' ? state.lastFailure : undefined);
  const text = `${ready} of ${state.size} workers ready`;
  return reason === undefined ? text : `${text}: ${firstLine(reason)}`;
}

/** HAProxy and log lines take one line. */
const firstLine = (text: string): string => text.split('\n', 1)[0] as string;

/** The line that HAProxy's agent-check reads (HAProxy's configuration manual, `agent-check`), without its end. */
export function agentLine({ ready, size, notReady, isLeaving }: Readiness): string {
  // `up` ends an earlier `down`, and `ready` an earlier `drain`.
  if (notReady === undefined)
    return `up ready ${Math.max(1, Math.round((100 * ready) / Math.max(1, size)))}%`;
  // HAProxy ends a word at a blank only: `down#` would be a word that it does not know, and ignores.
  return isLeaving ? 'drain' : `down #${notReady}`;
}
