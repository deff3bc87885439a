/** The part of the status about missing workers, and about the next attempts to start them. */
import type { State } from './decide/model.ts';
import { lastReason, readyWorkers } from './decide/queries.ts';

/** Fewer workers than N have been in service for a while, outside of an operation. */
export interface DegradedStatus {
  readonly ready: number;
  readonly size: number;
  readonly reason?: string;
  /** ISO 8601. */
  readonly since: string;
}

/** A slot without a worker, whose last attempts have failed. */
export interface BackoffStatus {
  readonly slot: number;
  /** Milliseconds until the next attempt; absent in watch mode, where that comes with the next save. */
  readonly nextMs?: number;
  /** Consecutive failures. */
  readonly failures: number;
  /** Reason of the last failure. */
  readonly reason?: string;
}

/** @param now monotonic milliseconds; @param date the same moment, in milliseconds since 1970 */
export function healthOf(
  state: State,
  now: number,
  date: number,
): { degraded?: DegradedStatus; backoff?: BackoffStatus[] } {
  const { degraded, size, slots, stop } = state;
  if (stop) return {};
  const backoff = Object.entries(slots)
    .filter(([, { respawnPending }]) => respawnPending)
    .map(([slot, { failures, reason, respawnAt }]) => ({
      slot: Number(slot),
      ...(respawnAt !== undefined && { nextMs: Math.max(0, Math.round(respawnAt - now)) }),
      failures,
      ...(reason !== undefined && { reason }),
    }));
  const reason = lastReason(state);
  const ready = readyWorkers(state).length;
  return {
    // A recovery is told when it has lasted; that all are ready is known before.
    ...(degraded &&
      ready < size && {
        degraded: {
          ready,
          size,
          ...(reason !== undefined && { reason }),
          since: new Date(date - (now - degraded.since)).toISOString(),
        },
      }),
    ...(backoff.length > 0 && { backoff }),
  };
}
