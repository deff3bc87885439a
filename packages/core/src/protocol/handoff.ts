/** Limits and the clock that both directions of a handoff share. */

/** Milliseconds: a worker takes a connection within this time or declines it; then the master may ask another one. */
export const TAKE_WITHIN_MS = 2_000;

/** A worker waits for the state of a connection that it has taken for this long, in milliseconds: the sender may hang. */
export const STATE_WITHIN_MS = 10_000;

/** Milliseconds on a clock that all processes of the machine share and that nobody sets. */
export const sharedClock = (): number => Number(process.hrtime.bigint() / 1_000_000n);

/** A resumer is named after a path of the app. */
export const LONGEST_RESUMER = 4_096;

/** The state of one connection with its request's head, in characters: far more than any `maxState` that makes sense. */
export const LONGEST_STATE = 64 * 1024 * 1024;

/** The secrets and counters of one TLS connection, in characters. */
export const LONGEST_CARRY = 8_192;
