/**
 * One making for all who wait: a client that asks without a pause, and a thousand that ask at once, cost the master's loop
 * a bounded share of its time and one copy of the answer. No answer is older than its request.
 */

/** The pause after a making, in multiples of the time that it took. */
const PAUSE = 4;

/**
 * @param make called with the argument of the first one who waits
 * @param now monotonic milliseconds
 */
export function shared<In, Out>(
  make: (input: In) => Promise<Out>,
  now: () => number = () => performance.now(),
): (input: In) => Promise<Out> {
  let next: Promise<Out> | undefined;
  let notBefore = 0;

  async function begin(input: In): Promise<Out> {
    // At least one turn: the requests of one turn share it.
    await new Promise((resolve) => {
      const pause = notBefore - now();
      if (pause < 1) setImmediate(resolve);
      else setTimeout(resolve, pause);
    });
    // Who asks from here on gets the next one.
    next = undefined;
    const begun = now();
    try {
      return await make(input);
    } finally {
      const ended = now();
      notBefore = ended + PAUSE * (ended - begun);
    }
  }

  return (input) => {
    next ??= begin(input);
    return next;
  };
}
