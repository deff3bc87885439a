/**
 * Messages that carry a descriptor are numbered, because one of them can be lost alone: when the receiving
 * process has no descriptor free, Node drops the whole message without a word to either side
 * (NODE_HANDLE_NACK, lib/internal/child_process.js). The next number then shows the gap; behind the last
 * one follows a `sent`.
 */

/** Milliseconds that a `sent` waits for a further descriptor, which would make it needless. */
const TRAIL_MS = 20;

/** The sending side: sends `sent` when no further descriptor has followed for a moment. */
export class SequenceSender {
  readonly #sent: (upTo: number) => void;
  #last = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(sent: (upTo: number) => void) {
    this.#sent = sent;
  }

  /** The number of the next message. */
  next(): number {
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      this.#sent(this.#last);
    }, TRAIL_MS).unref();
    return ++this.#last;
  }

  /** The same for a caller that sends `sent` itself, right behind. */
  nextNow(): number {
    return ++this.#last;
  }

  /** The number of the last message. */
  get last(): number {
    return this.#last;
  }
}

/**
 * The most descriptors that can be on their way and lost in a row. A worker has eight on their way to the master;
 * the master has eight of each worker on their way to one. A larger gap is forged: it must not cost the memory,
 * nor a message for each missing number.
 */
const LARGEST_GAP = 8_192;

/** The receiving side: which messages will never come. */
export class SequenceReceiver {
  readonly #largestGap: number;
  #last = 0;

  constructor(largestGap = LARGEST_GAP) {
    this.#largestGap = largestGap;
  }

  /** Message `id` has come. Returns the numbers before it that have not. */
  came(id: number): number[] {
    const lost = this.sentUpTo(id - 1);
    this.#last = Math.max(this.#last, id);
    return lost;
  }

  /** All messages up to `id` have been sent. Returns the numbers of those that have not come. */
  sentUpTo(id: number): number[] {
    if (!Number.isSafeInteger(id) || id - this.#last > this.#largestGap) return [];
    const lost: number[] = [];
    while (this.#last < id) lost.push(++this.#last);
    return lost;
  }
}
