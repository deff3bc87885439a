/**
 * Warms the app up between its probe and its first client: just-in-time compilation, caches, lazy modules.
 * A failure is logged, and the worker is admitted all the same. The file is loaded only when asked for, and
 * imports nothing at run time: a module shared with the worker's bundle would become one more file of it.
 */
import type { Answer, Question } from './transport/ask-in-process.ts';

export interface WarmUpSettings {
  /** Requested in turn. */
  readonly paths: readonly string[];
  /** Number of requests in all. */
  readonly requests: number;
  /** Milliseconds for the whole warm-up. */
  readonly timeout: number;
}

export interface WarmUpReport {
  /** Requests that were answered to the end, whatever the answer was. */
  readonly answered: number;
  readonly tookMs: number;
  /** The first failure of each path that failed. */
  readonly failures: readonly string[];
}

/** Enough for pools and caches that fill under concurrency; few enough for an app that is still cold. */
const AT_ONCE = 4;

/** Never rejects. 404 counts as a failure, as a path that the app does not know warms nothing. */
export async function warmUp(
  { paths, requests, timeout }: WarmUpSettings,
  ask: (question: Question) => Promise<Answer>,
): Promise<WarmUpReport> {
  const start = performance.now();
  const end = start + timeout;
  const failures = new Map<string, string>();
  let next = 0;
  let answered = 0;

  const askOne = async (path: string): Promise<void> => {
    try {
      // Node's timers may fire up to 1 ms early by this clock; then the deadline would not have passed.
      const left = Math.ceil(Math.max(0, end - performance.now())) + 1;
      const { code, status } = await ask({ path, userAgent: 'tshorn-warm-up', timeout: left });
      answered += 1;
      if (code >= 500 || code === 404) fail(path, `answered ${status}`);
    } catch (error) {
      const expired = performance.now() >= end;
      fail(path, expired ? `no answer within --warm-up-timeout ${timeout / 1000} s` : String(error));
    }
  };
  const fail = (path: string, how: string) => {
    if (!failures.has(path)) failures.set(path, `${path}: ${how}`);
  };
  const lane = async (): Promise<void> => {
    while (next < requests && performance.now() < end) {
      const path = paths[next++ % paths.length] as string;
      await askOne(path);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, lane));
  return { answered, tookMs: performance.now() - start, failures: [...failures.values()] };
}
