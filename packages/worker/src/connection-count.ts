/** Reports to the master how many connections this worker has; the master evens the load out by it. */
import type { AttachedListeners } from './app/listeners.ts';

const EVERY_MS = 500;
/** Each look wakes the process. */
const AT_REST_MS = 2_000;
/** Looks in a row that have found the same count. */
const LOOKS_TO_REST = 20;

/**
 * Reports a count that differs by a tenth or more from the last one reported.
 * @returns the function that ends it
 */
export function reportConnectionCount(
  listeners: Pick<AttachedListeners, 'count'>,
  report: (count: number) => void,
): () => void {
  let reported = 0;
  let last = 0;
  let same = 0;
  const look = async () => {
    const count = await listeners.count();
    same = count === last ? same + 1 : 0;
    last = count;
    if (count === reported || Math.abs(count - reported) < reported / 10) return;
    reported = count;
    report(count);
  };
  let timer: NodeJS.Timeout;
  const wait = () => {
    timer = setTimeout(again, same < LOOKS_TO_REST ? EVERY_MS : AT_REST_MS).unref();
  };
  const again = () => {
    void look();
    wait();
  };
  wait();
  return () => clearTimeout(timer);
}
