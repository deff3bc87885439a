/**
 * A worker that reaches --max-memory soon after its birth would be recycled over and over, to no use. So each
 * further one in the same slot has to be older, until a worker stays below its limit for longer than that.
 */
const FIRST_MS = 15_000;
const LONGEST_MS = 10 * 60_000;

interface Slot {
  /** Recycles in a row for which the worker was too young. */
  tooYoung: number;
  recycled: boolean;
}

export class MemoryPauses {
  readonly #slots = new Map<number, Slot>();
  /** Serials that have been judged: each counts once. */
  readonly #judged = new Set<number>();

  /**
   * Called for as long as the worker is over its limit. Returns how old it has to be, in milliseconds.
   * `isNews`: that has just become longer, which is worth a warning.
   */
  ageNeeded(
    serial: number,
    slot: number,
    { ageMs, fromBirth }: { ageMs: number; fromBirth: boolean },
  ): { ms: number; isNews: boolean } {
    const record = this.#slots.get(slot) ?? { tooYoung: 0, recycled: false };
    this.#slots.set(slot, record);
    let isNews = false;
    if (!this.#judged.has(serial)) {
      this.#judged.add(serial);
      const needed = record.recycled || fromBirth ? pause(Math.max(1, record.tooYoung)) : 0;
      isNews = ageMs < needed;
      record.tooYoung = isNews ? record.tooYoung + 1 : 0;
    }
    return { ms: record.tooYoung === 0 ? 0 : pause(record.tooYoung), isNews };
  }

  recycled(slot: number): void {
    const record = this.#slots.get(slot);
    if (record) record.recycled = true;
  }

  forget(serial: number): void {
    this.#judged.delete(serial);
  }

  /** Of a new release nothing is known. */
  clear(): void {
    this.#slots.clear();
  }
}

const pause = (count: number): number => Math.min(LONGEST_MS, FIRST_MS * 2 ** (count - 1));
