/** Longest time from a hang to the answer of the attempt to save what the worker has, in milliseconds. */
export const RESCUE_MS = 4_000;
