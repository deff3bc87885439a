/** Rejects with `onExpiry()` when `promise` has not settled after `ms`, as a Deadline; the timer never outlives it. */
export async function withDeadline<T>(
  promise: Promise<T> | T,
  ms: number,
  onExpiry: () => Error,
): Promise<T> {
  let timer: Deadline | undefined;
  const expiry = new Promise<never>((_, reject) => {
    timer = new Deadline(ms, () => reject(onExpiry()));
  });
  try {
    return await Promise.race([promise, expiry]);
  } finally {
    timer?.clear();
  }
}

/**
 * A timer for what may come over a socket or a pipe until then. A process that stood still runs its timers before it reads
 * (https://nodejs.org/en/learn/asynchronous-work/event-loop-timers-and-nexttick), so what has come meanwhile is read first.
 */
export class Deadline {
  readonly #timer: NodeJS.Timeout;
  #turn: NodeJS.Immediate | undefined;

  /** @param onExpiry is called once, unless the deadline is cleared before */
  constructor(ms: number, onExpiry: () => void) {
    this.#timer = setTimeout(() => {
      this.#turn = setImmediate(() => {
        this.#turn = undefined;
        onExpiry();
      });
    }, ms);
  }

  /** It does not keep the process alive. */
  unref(): this {
    this.#timer.unref();
    return this;
  }

  clear(): void {
    clearTimeout(this.#timer);
    clearImmediate(this.#turn);
  }
}
