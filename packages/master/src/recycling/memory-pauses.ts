/**
 * Spaces out the recycles of a slot whose workers reach --max-memory soon after their start, which recycling does not
 * cure. Each further worker in the slot has to be older, until one stays below its limit for longer than that.
 */
const FIRST_MS = 15_000;
const LONGEST_MS = 10 * 60_000;

interface Slot {
  /** Workers in a row that were too young to be recycled. */
  tooYoung: number;
  recycled: boolean;
}

export class MemoryPauses {
  readonly #slots = new Map<number, Slot>();
  /** Serials that have been counted: each counts once. */
  readonly #counted = new Set<number>();

  /**
   * Called for as long as the worker is over its limit.
   * @returns the age that it has to reach, in milliseconds; `isNews`: that age has just grown, which is worth a warning
   */
  ageNeeded(
    serial: number,
    slot: number,
    { ageMs, fromBirth }: { ageMs: number; fromBirth: boolean },
  ): { ms: number; isNews: boolean } {
    const record = this.#slots.get(slot) ?? { tooYoung: 0, recycled: false };
    this.#slots.set(slot, record);
    let isNews = false;
    if (!this.#counted.has(serial)) {
      this.#counted.add(serial);
      const needed = record.recycled || fromBirth ? pause(Math.max(1, record.tooYoung)) : 0;
      isNews = ageMs < needed;
      record.tooYoung = isNews ? record.tooYoung + 1 : 0;
    }
    return { ms: record.tooYoung === 0 ? 0 : pause(record.tooYoung), isNews };
  }

  hasRecycled(slot: number): boolean {
    return this.#slots.get(slot)?.recycled === true;
  }

  recycled(slot: number): void {
    const record = this.#slots.get(slot);
    if (record) record.recycled = true;
  }

  forget(serial: number): void {
    this.#counted.delete(serial);
  }

  /** A new release starts afresh. */
  clear(): void {
    this.#slots.clear();
  }
}

const pause = (count: number): number => Math.min(LONGEST_MS, FIRST_MS * 2 ** (count - 1));
