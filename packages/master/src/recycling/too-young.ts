/**
 * Leaves a worker in service that has reached a limit of memory soon after its start, since its replacement would need as
 * much. Says so in the log.
 */
import { formatMemory } from '@tshorn/core';
import type { Logger } from '../log.ts';
import type { Candidate, Due } from './due.ts';
import { MemoryPauses } from './memory-pauses.ts';

/** A heap that has grown by this part of what is left above the guard is a leak, and its worker is about to die. */
const GROWTH = 0.25;
/** A heap that has not grown for this time is no leak that hurries. */
const STEADY_MS = 3_000;

export class TooYoung {
  readonly #log: Pick<Logger, 'warn'>;
  readonly #pauses = new MemoryPauses();
  /** The heap of each worker when it first reached the guard, in bytes, and its age then. */
  readonly #first = new Map<number, { readonly used: number; readonly ageMs: number }>();

  constructor(log: Pick<Logger, 'warn'>) {
    this.#log = log;
  }

  /** @param candidate the worker that is due */
  isOldEnough({ serial, slot, limit, by }: Due, candidate: Candidate): boolean {
    if (limit === 'requests' || limit === 'age') return true;
    const { ageMs, vital, limits, rssAtBirth } = candidate;
    if (limit === 'heap') {
      if (this.grows(candidate)) return true;
      const sinceMs = ageMs - (this.#first.get(serial)?.ageMs ?? ageMs);
      if (sinceMs < STEADY_MS && this.#pauses.hasRecycled(slot)) return false;
    }
    const fromBirth = limit === 'memory' && rssAtBirth > (limits.memory?.bytes ?? 0);
    const { ms, isNews } = this.#pauses.ageNeeded(serial, slot, { ageMs, fromBirth });
    if (isNews) {
      const age = `${Math.round(ageMs / 1000)} s after its start`;
      const until = `it will not be recycled before it is ${ms / 1000} s old`;
      const text = {
        heap: `worker=${slot} reached ${by} ${age}: ${until}, unless its heap grows; raise --max-old-space-size, or --heap-guard`,
        group: `worker=${slot} is due ${age} by ${by}: ${until}; raise the limit of the control group, use fewer --workers, or raise --heap-guard`,
        memory: `worker=${slot} holds ${formatMemory(vital.rss)} ${age}, more than --max-memory (${limits.memory?.asGiven}): ${until}; raise --max-memory or reduce the app's startup memory`,
      }[limit];
      const event = limit === 'memory' ? 'max-memory-too-low' : 'heap-guard-too-low';
      this.#log.warn({ event, worker: slot, ageMs: Math.round(ageMs) }, text);
    }
    return ageMs >= ms;
  }

  /** True for a heap that has grown since it first reached the guard: its replacement gains time, whatever its age. */
  grows({ serial, ageMs, vital: { heap }, limits: { heapGuard } }: Candidate): boolean {
    if (!heap) return false;
    const first = this.#first.get(serial);
    if (!first) this.#first.set(serial, { used: heap.used, ageMs });
    const left = (heap.limit * (100 - heapGuard)) / 100;
    return first !== undefined && heap.used - first.used > left * GROWTH;
  }

  recycled({ slot, limit }: Due): void {
    if (limit !== 'requests' && limit !== 'age') this.#pauses.recycled(slot);
  }

  forget(serial: number): void {
    this.#pauses.forget(serial);
    this.#first.delete(serial);
  }

  /** A new release starts afresh. */
  clear(): void {
    this.#pauses.clear();
  }
}
