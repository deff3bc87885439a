/** Tells the master how many connections this worker has, when that has changed by more than a little. */
import type { AttachedListeners } from './app/listeners.ts';

const LOOK_MS = 500;

/** Returns the function that ends it. */
export function takeCensus(listeners: AttachedListeners, tell: (count: number) => void): () => void {
  let told = 0;
  const look = async () => {
    const count = await listeners.count();
    // Of a few, each counts.
    if (count === told || Math.abs(count - told) < told / 10) return;
    told = count;
    tell(count);
  };
  const timer = setInterval(() => void look(), LOOK_MS).unref();
  return () => clearInterval(timer);
}
