/**
 * Leaves a worker in service that has reached a limit of memory soon after its start, since its replacement would need as
 * much. Says so in the log.
 */
import { formatMemory, type HeapFigures } from '@tshorn/core';
import type { Logger } from '../log.ts';
import type { Candidate, Due } from './due.ts';
import { MemoryPauses } from './memory-pauses.ts';

/** A heap that has grown by this part of what is left above the guard is a leak, and its worker is about to die. */
const GROWTH = 0.25;

export class TooYoung {
  readonly #log: Pick<Logger, 'warn'>;
  readonly #pauses = new MemoryPauses();
  /** The heap of a worker when it first reached the guard, in bytes. */
  readonly #heapAtFirst = new Map<number, number>();

  constructor(log: Pick<Logger, 'warn'>) {
    this.#log = log;
  }

  /** @param candidate the worker that is due */
  isOldEnough({ serial, slot, limit, by }: Due, candidate: Candidate): boolean {
    if (limit === 'requests' || limit === 'age') return true;
    const { ageMs, vital, limits, rssAtBirth } = candidate;
    const fromBirth = limit === 'memory' && rssAtBirth > (limits.memory?.bytes ?? 0);
    const { ms, isNews } = this.#pauses.ageNeeded(serial, slot, { ageMs, fromBirth });
    if (limit === 'heap' && vital.heap && this.#grows(serial, vital.heap, limits.heapGuard)) return true;
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

  #grows(serial: number, { used, limit }: HeapFigures, guard: number): boolean {
    const first = this.#heapAtFirst.get(serial);
    if (first === undefined) this.#heapAtFirst.set(serial, used);
    return first !== undefined && used - first > ((limit * (100 - guard)) / 100) * GROWTH;
  }

  recycled({ slot, limit }: Due): void {
    if (limit !== 'requests' && limit !== 'age') this.#pauses.recycled(slot);
  }

  forget(serial: number): void {
    this.#pauses.forget(serial);
    this.#heapAtFirst.delete(serial);
  }

  /** A new release starts afresh. */
  clear(): void {
    this.#pauses.clear();
  }
}
