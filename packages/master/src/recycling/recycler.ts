/**
 * Requests a recycle when a worker has reached a limit: of one worker at a time, and of the next one when that is over.
 * The Attendants create it and pass it starts, heartbeats and exits; it has no timer.
 */
import { type GroupMemory, type HeapFigures, LOOK_EVERY_MS } from '@tshorn/core';
import type { Operation } from '../decide/model.ts';
import type { Logger } from '../log.ts';
import type { View } from '../view.ts';
import type { Vital } from '../vitals.ts';
import { allDue, type Candidate, type Due, isNearlyFull, limitsReached } from './due.ts';
import { GroupWatch } from './group-watch.ts';
import { drawLimits, hasLimits, type LimitOptions, type Limits } from './limits.ts';
import { TooYoung } from './too-young.ts';

export interface RecyclerSurroundings {
  readonly log: Pick<Logger, 'warn'>;
  vitalOf(serial: number): Vital | undefined;
  readonly view: Pick<View, 'recyclable'>;
  request(operation: Operation): void;
  /** The worker is to leave at once: `by` says why. */
  nearlyFull(serial: number, by: string): void;
  /** Bytes of memory that the worker shares with no other one; undefined where the kernel does not tell. */
  ownMemory(serial: number): number | undefined;
  /** Bytes of which a percentage is taken. */
  memoryAvailable(): number;
  /** Memory of the control group; undefined where it has no limit. */
  groupMemory(): GroupMemory | undefined;
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
  needs?: number;
}

/** A worker needs more while it loads than afterwards. */
const NEEDS_MORE = 1.25;

/** Between two looks while all workers are at rest and none is recycled: a look at 64 takes a third of a millisecond. */
const REST_LOOK_MS = 5_000;

const FIRST_PAUSE_MS = 10_000;
const LONGEST_PAUSE_MS = 10 * 60_000;

export class Recycler {
  readonly #around: RecyclerSurroundings;
  readonly #born = new Map<number, Born>();
  readonly #tooYoung: TooYoung;
  readonly #group: GroupWatch;
  #asked: Due | undefined;
  /** Recycles in a row that have failed. */
  #failures = 0;
  #pausedUntil = 0;
  #lookedAt = Number.NEGATIVE_INFINITY;
  #newest = 0;

  constructor(around: RecyclerSurroundings) {
    this.#around = around;
    this.#tooYoung = new TooYoung(around.log);
    this.#group = new GroupWatch(() => around.groupMemory(), around.log);
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
      this.#tooYoung.clear();
      this.#failures = 0;
      this.#pausedUntil = 0;
      this.#group.clear();
    }
    if (hasLimits(limits)) this.#born.set(serial, { slot, generation, at, limits });
  }

  gone(serial: number): void {
    this.#born.delete(serial);
    this.#tooYoung.forget(serial);
  }

  /** Looks at all workers, unless that has just been done. */
  heartbeat(serial: number, at: number): void {
    const born = this.#born.get(serial);
    if (!born) return;
    const vital = this.#around.vitalOf(serial);
    if (born.rssAtBirth === undefined) {
      born.rssAtBirth = vital?.rss ?? 0;
      born.needs = (this.#around.ownMemory(serial) ?? born.rssAtBirth) * NEEDS_MORE;
    }
    if (vital?.heap) this.#leaveIfFilling(candidateOf(serial, born, vital, at), vital.heap);
    // A heap that is nearly full cannot wait for the next heartbeat.
    const isUrgent = vital?.heap !== undefined && this.#asked === undefined;
    if (!isUrgent && at - this.#lookedAt < LOOK_EVERY_MS / 2) return;
    this.#look(at);
  }

  /** A worker is at rest: it has come nearer to no limit but that of its age, and that of the control group by what others do. */
  alive(at: number): void {
    const everyMs = this.#asked ? LOOK_EVERY_MS : REST_LOOK_MS;
    if (this.#born.size > 0 && at - this.#lookedAt >= everyMs) this.#look(at);
  }

  /** The second line of defence, also while an operation is under way. A heap that has always been so full stays. */
  #leaveIfFilling(candidate: Candidate, heap: HeapFigures): void {
    const { serial, limits } = candidate;
    const grows = this.#tooYoung.grows(candidate) || this.#asked?.serial === serial;
    if (!grows || !isNearlyFull(heap, limits)) return;
    const due = limitsReached(candidate).find(({ limit }) => limit === 'heap');
    if (due) this.#around.nearlyFull(serial, due.by);
  }

  #look(at: number): void {
    this.#lookedAt = at;
    const serials = this.#around.view.recyclable();
    if (!serials) return this.#hurry(at);
    this.#settle(serials, at);
    if (at < this.#pausedUntil) return;
    const candidates = this.#candidates(serials, at);
    const isGuarded = candidates.some(({ limits }) => limits.heapGuard > 0);
    const group = isGuarded ? this.#group.look(at) : undefined;
    if (group) this.#group.warnIfInVain(group, candidates);
    const next = allDue(candidates, group).find((due) =>
      this.#tooYoung.isOldEnough(due, candidates.find(({ serial }) => serial === due.serial) as Candidate),
    );
    if (!next) return;
    this.#asked = next;
    const { serial, by, limit, drainFirst } = next;
    // V8 and the kernel do not wait for a reload.
    const mayWait = limit !== 'heap' && limit !== 'group';
    this.#around.request({
      kind: 'recycle',
      serial,
      by,
      ...(mayWait && { mayWait }),
      ...(drainFirst && { drainFirst }),
    });
  }

  /** While a worker is recycled for its control group, that may fill up. */
  #hurry(at: number): void {
    const asked = this.#asked;
    const born = asked?.limit === 'group' ? this.#born.get(asked.serial) : undefined;
    const group = born && this.#group.look(at);
    if (asked && group && isNearlyFull(group, born.limits)) this.#around.nearlyFull(asked.serial, asked.by);
  }

  /** The recycle that was requested is over: the worker has left, or its replacement was broken. */
  #settle(serials: readonly number[], at: number): void {
    const asked = this.#asked;
    if (!asked) return;
    this.#asked = undefined;
    if (!serials.includes(asked.serial)) {
      this.#failures = 0;
      this.#tooYoung.recycled(asked);
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
      return born && vital ? [candidateOf(serial, born, vital, at)] : [];
    });
  }
}

function candidateOf(serial: number, born: Born, vital: Vital, at: number): Candidate {
  const { slot, limits, rssAtBirth = vital.rss, needs = vital.rss } = born;
  return { serial, slot, ageMs: at - born.at, vital, limits, rssAtBirth, needs };
}
