/**
 * Requests a recycle when a worker has reached a limit: of one worker at a time, and of the next one when that is over.
 * The Attendants create it and pass it starts, heartbeats and exits; it has no timer.
 */
import { formatMemory, LOOK_EVERY_MS } from '@tshorn/core';
import type { Operation } from '../decide/model.ts';
import type { Logger } from '../log.ts';
import type { View } from '../view.ts';
import type { Vital } from '../vitals.ts';
import { allDue, type Candidate, type Due } from './due.ts';
import { drawLimits, hasLimits, type LimitOptions, type Limits } from './limits.ts';
import { MemoryPauses } from './memory-pauses.ts';

export interface RecyclerSurroundings {
  readonly log: Pick<Logger, 'warn'>;
  vitalOf(serial: number): Vital | undefined;
  readonly view: Pick<View, 'recyclable'>;
  request(operation: Operation): void;
  /** Bytes of which a percentage is taken. */
  memoryAvailable(): number;
  /** From 0 to below 1. */
  chance(): number;
}

interface Born {
  readonly slot: number;
  readonly generation: number;
  readonly at: number;
  readonly limits: Limits;
  /** Resident memory at its first heartbeat. */
  rssAtBirth?: number;
}

const FIRST_PAUSE_MS = 10_000;
const LONGEST_PAUSE_MS = 10 * 60_000;

export class Recycler {
  readonly #around: RecyclerSurroundings;
  readonly #born = new Map<number, Born>();
  readonly #memory = new MemoryPauses();
  #asked: Due | undefined;
  /** Recycles in a row that have failed. */
  #failures = 0;
  #pausedUntil = 0;
  #lookedAt = Number.NEGATIVE_INFINITY;
  #newest = 0;

  constructor(around: RecyclerSurroundings) {
    this.#around = around;
  }

  /** @param at monotonic milliseconds, as in `heartbeat` */
  born(
    serial: number,
    { slot, generation }: Pick<Born, 'slot' | 'generation'>,
    options: LimitOptions,
    at: number,
  ) {
    const { memoryAvailable, chance } = this.#around;
    const limits = drawLimits(options, memoryAvailable, chance);
    if (generation > this.#newest) {
      this.#newest = generation;
      this.#memory.clear();
      this.#failures = 0;
      this.#pausedUntil = 0;
    }
    if (hasLimits(limits)) this.#born.set(serial, { slot, generation, at, limits });
  }

  gone(serial: number): void {
    this.#born.delete(serial);
    this.#memory.forget(serial);
  }

  /** Looks at all workers, unless that has just been done. */
  heartbeat(serial: number, at: number): void {
    const born = this.#born.get(serial);
    if (!born) return;
    born.rssAtBirth ??= this.#around.vitalOf(serial)?.rss ?? 0;
    if (at - this.#lookedAt < LOOK_EVERY_MS / 2) return;
    this.#lookedAt = at;
    this.#look(at);
  }

  #look(at: number): void {
    const serials = this.#around.view.recyclable();
    if (!serials) return;
    this.#settle(serials, at);
    if (at < this.#pausedUntil) return;
    const next = allDue(this.#candidates(serials, at)).find((due) => this.#isOldEnough(due, at));
    if (!next) return;
    this.#asked = next;
    const { serial, by } = next;
    this.#around.request({ kind: 'recycle', serial, by, mayWait: true });
  }

  /** The recycle that was requested is over: the worker has left, or its replacement was broken. */
  #settle(serials: readonly number[], at: number): void {
    const asked = this.#asked;
    if (!asked) return;
    this.#asked = undefined;
    if (!serials.includes(asked.serial)) {
      this.#failures = 0;
      if (asked.limit === 'memory') this.#memory.recycled(asked.slot);
      return;
    }
    const pause = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** this.#failures++);
    this.#pausedUntil = at + pause;
    this.#around.log.warn(
      { event: 'recycle-put-off', worker: asked.slot, pauseMs: pause },
      `worker=${asked.slot} stays in service: its recycle failed; next attempt in ${pause / 1000} s`,
    );
  }

  #candidates(serials: readonly number[], at: number): Candidate[] {
    return serials.flatMap((serial) => {
      const born = this.#born.get(serial);
      const vital = this.#around.vitalOf(serial);
      return born && vital
        ? [{ serial, slot: born.slot, ageMs: at - born.at, vital, limits: born.limits }]
        : [];
    });
  }

  #isOldEnough({ serial, slot, limit }: Due, at: number): boolean {
    const born = this.#born.get(serial);
    if (limit !== 'memory' || !born?.limits.memory) return true;
    const { memory } = born.limits;
    const ageMs = at - born.at;
    const fromBirth = (born.rssAtBirth ?? 0) > memory.bytes;
    const { ms, isNews } = this.#memory.ageNeeded(serial, slot, { ageMs, fromBirth });
    if (isNews) {
      const holds = formatMemory(this.#around.vitalOf(serial)?.rss ?? 0);
      this.#around.log.warn(
        { event: 'max-memory-too-low', worker: slot, ageMs: Math.round(ageMs) },
        `worker=${slot} holds ${holds} ${Math.round(ageMs / 1000)} s after its start, more than --max-memory (${memory.asGiven}): it will not be recycled before it is ${ms / 1000} s old; raise --max-memory or reduce the app's startup memory`,
      );
    }
    return ageMs >= ms;
  }
}
