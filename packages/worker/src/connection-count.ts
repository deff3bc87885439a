/** Reports to the master how many connections this worker has; the master evens the load out by it. */
import type { AttachedListeners } from './app/listeners.ts';

const EVERY_MS = 500;

/**
 * Reports a count that differs by a tenth or more from the last one reported.
 * @returns the function that ends it
 */
export function reportConnectionCount(
  listeners: Pick<AttachedListeners, 'count'>,
  report: (count: number) => void,
): () => void {
  let reported = 0;
  const look = async () => {
    const count = await listeners.count();
    if (count === reported || Math.abs(count - reported) < reported / 10) return;
    reported = count;
    report(count);
  };
  const timer = setInterval(() => void look(), EVERY_MS).unref();
  return () => clearInterval(timer);
}
