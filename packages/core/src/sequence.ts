/**
 * Messages that carry a descriptor are numbered, because one of them can be lost alone: when the receiving
 * process has no descriptor free, Node drops the whole message without a word to either side
 * (NODE_HANDLE_NACK, lib/internal/child_process.js). The next number then shows the gap; behind the last
 * one follows a `sent`.
 */

/** How long a `sent` waits for a further descriptor, which would make it needless. */
const TRAIL_MS = 20;

/** The sending side: says `sent` when no further descriptor has followed for a moment. */
export class SequenceSender {
  readonly #say: (upTo: number) => void;
  #last = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(say: (upTo: number) => void) {
    this.#say = say;
  }

  /** The number of the next message. */
  next(): number {
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      this.#say(this.#last);
    }, TRAIL_MS).unref();
    return ++this.#last;
  }
}

/** The receiving side: which messages will never come. */
export class SequenceReceiver {
  #last = 0;

  /** This one has come. Returns those before it that have not. */
  came(id: number): number[] {
    const lost = this.sentUpTo(id - 1);
    this.#last = Math.max(this.#last, id);
    return lost;
  }

  /** They have all been sent. Returns those that have not come. */
  sentUpTo(id: number): number[] {
    // The app shares the worker's process: a number that makes no sense costs nobody the memory.
    if (!Number.isSafeInteger(id) || id - this.#last > LARGEST_GAP) return [];
    const lost: number[] = [];
    while (this.#last < id) lost.push(++this.#last);
    return lost;
  }
}

const LARGEST_GAP = 100_000;
