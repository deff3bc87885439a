/** Finds whether anything is under way in this process that could still lead to a listen(). */
import { setTimeout as sleep } from 'node:timers/promises';

/** Handles such as the channel to the master were there before the app; a request or a timer is news. */
const countHandles = () => {
  const counts = new Map<string, number>();
  for (const kind of process.getActiveResourcesInfo()) counts.set(kind, (counts.get(kind) ?? 0) + 1);
  return counts;
};

/** @returns a function whose promise settles when the app waits for nothing any more: no timer, file or connection of its own */
export function watchForIdle(): () => Promise<void> {
  const before = countHandles();
  const isIdle = () =>
    [...countHandles()].every(
      ([kind, count]) => /Wrap$|^MessagePort$/.test(kind) && count <= (before.get(kind) ?? 0),
    );
  return async () => {
    // An app can look idle for a moment between two steps of its start.
    for (let idle = 0; idle < 3; idle = isIdle() ? idle + 1 : 0) await sleep(20);
  };
}
