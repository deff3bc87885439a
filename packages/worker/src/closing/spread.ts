/**
 * The schedule by which the connections that are left near the end of a drain are closed: one after the other, so that
 * their clients do not reconnect in one wave. Pure.
 */

/** Both in milliseconds from now. */
export interface Window {
  /** When the first one is closed. */
  readonly startMs: number;
  /** When the last one has been closed; the rest of the drain is for the answers of the clients. */
  readonly endMs: number;
}

/** Time for the answer of the last client, at most a quarter of the window. */
const ANSWER_MS = 1_000;

/**
 * The last `spreadMs` of the time until the deadline, and never more than half of it. At a quick stop all are closed at
 * once; with a spread of 0 none ever is.
 */
export function windowOf(deadlineMs: number, spreadMs: number, quick: boolean): Window | undefined {
  if (spreadMs === 0) return undefined;
  if (quick) return { startMs: 0, endMs: 0 };
  const length = Math.min(spreadMs, deadlineMs / 2);
  return { startMs: deadlineMs - length, endMs: deadlineMs - Math.min(ANSWER_MS, length / 4) };
}

/** Timers are not finer, so of ten thousand connections several are closed at a time. */
const LEAST_PAUSE_MS = 5;
/** Time until the next step when no connection is left: an upgrade may be under way. */
const LOOK_MS = 100;

export interface Step {
  /** How many are closed now. */
  readonly close: number;
  /** Then comes a pause, and the next step. */
  readonly pauseMs: number;
}

/**
 * One step of closing `left` connections in `remainingMs`. Each step is computed anew, since connections also close by
 * themselves. A pause is 0.5 to 1.5 times an even one, so that clients of several workers, or with timers in step with ours,
 * do not reconnect together again and again.
 *
 * @param random from 0 to 1
 */
export function nextStep(left: number, remainingMs: number, random: number): Step {
  if (left === 0 || remainingMs <= 0) return { close: left, pauseMs: LOOK_MS };
  const even = remainingMs / left;
  const close = Math.min(left, Math.ceil(LEAST_PAUSE_MS / even));
  return { close, pauseMs: close * even * (0.5 + random) };
}
