/** Polls, for facts of which no event tells. */
import { setTimeout as sleep } from 'node:timers/promises';
import { DEADLINE_MS } from './deadline.ts';

/** Resolves with the first sight that fits: something other than undefined and false, unless told otherwise. Rejects with the last one. */
export async function eventually<T>(
  what: string,
  look: () => T,
  fits: (seen: T) => boolean = (seen) => seen !== undefined && seen !== false,
  deadlineMs = DEADLINE_MS,
): Promise<Exclude<T, undefined | false>> {
  const end = performance.now() + deadlineMs;
  for (;;) {
    const seen = look();
    if (fits(seen)) return seen as Exclude<T, undefined | false>;
    if (performance.now() > end)
      throw new Error(`${what}: still ${JSON.stringify(seen)} after ${deadlineMs} ms`);
    await sleep(5);
  }
}

/** Resolves when `look` is true. Its text says what was awaited. */
export const pollUntil = (look: () => boolean) => eventually(String(look), look);
