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
  /** Why no new traffic should come, in states and figures; undefined when it may. */
  readonly notReady?: string;
  /** Why the start is not over, in states and figures; undefined when it is. */
  readonly notStarted?: string;
  /** What went wrong in a worker, where one is missing. It may quote the app: not for everybody where there is a token. */
  readonly why?: string;
  /** The server asks for no new traffic: it leaves the balancer, or stops as it was told to. */
  readonly isLeaving: boolean;
}

/** @param needed `--ready-workers` */
export function readinessOf(state: State, needed: number): Readiness {
  const { phase, size } = state;
  const ready = new Set(readyWorkers(state).map(({ slot }) => slot)).size;
  // Until its end: `down` in the drain of a stop would be an alarm for what is planned.
  const isLeaving =
    phase === 'leaving' || phase === 'draining' || phase === 'stopped' || state.left !== undefined;
  const notReady = whyNotReady(state, ready, needed);
  const notStarted = phase === 'starting' ? `starting: ${figures(ready, size)}` : undefined;
  const isMissing = notStarted !== undefined || (notReady !== undefined && !isLeaving);
  const why = isMissing
    ? (lastReason(state) ?? (phase === 'starting' ? state.lastFailure : undefined))
    : undefined;
  return {
    ready,
    size,
    ...(notReady !== undefined && { notReady }),
    ...(notStarted !== undefined && { notStarted }),
    ...(why !== undefined && { why: firstLine(why) }),
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
      return figures(ready, state.size) + (needed > 1 ? `, --ready-workers is ${needed}` : '');
  }
}

const figures = (ready: number, size: number): string => `${ready} of ${size} workers ready`;

/** HAProxy and log lines take one line. */
const firstLine = (text: string): string => text.split('\n', 1)[0] as string;

/**
 * @param what `notReady` or `notStarted`
 * @param isTrusted whoever asks may know what went wrong in the app
 */
export const explained = ({ why }: Readiness, what: string, isTrusted: boolean): string =>
  isTrusted && why !== undefined ? `${what}: ${why}` : what;

/**
 * The line that HAProxy's agent-check reads (HAProxy's configuration manual, `agent-check`), without its end.
 * @param isTrusted as of `explained`
 */
export function agentLine(readiness: Readiness, isTrusted: boolean): string {
  const { ready, size, notReady, isLeaving } = readiness;
  // `up` ends an earlier `down`, and `ready` an earlier `drain`.
  if (notReady === undefined)
    return `up ready ${Math.max(1, Math.round((100 * ready) / Math.max(1, size)))}%`;
  // HAProxy ends a word at a blank only: `down#` would be a word that it does not know, and ignores.
  return isLeaving ? 'drain' : `down #${explained(readiness, notReady, isTrusted)}`;
}
