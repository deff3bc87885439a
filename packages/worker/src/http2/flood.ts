/**
 * Allowances against floods: what costs the peer a few bytes and this process work, and does not belong to a request in
 * proportion (RFC 9113, section 10.5). A connection that has used its allowance up is told ENHANCE_YOUR_CALM and ends.
 */

interface Allowance {
  /** How many may come at once. */
  readonly burst: number;
  /** How many more each second. */
  readonly perSecond: number;
}

/**
 * Requests that are taken back (rapid reset, CVE-2023-44487). Node's own servers allow the same
 * (https://nodejs.org/api/http2.html#http2createserveroptions-onrequesthandler, streamResetBurst).
 */
export const RESETS: Allowance = { burst: 1_000, perSecond: 33 };
/** Frames without a request or data: PING, SETTINGS, PRIORITY, WINDOW_UPDATE, empty ones, those of closed streams. */
export const CONTROL: Allowance = { burst: 1_000, perSecond: 200 };

/** A window update for each frame of data that was sent is usual, so data makes up for them. */
export const PER_DATA_FRAME = 4;
/** So is a reset, a priority and a window update for each request. */
export const PER_REQUEST = 4;

export class Bucket {
  readonly #allowance: Allowance;
  #left: number;
  #since: number;

  constructor(allowance: Allowance, now = performance.now()) {
    this.#allowance = allowance;
    this.#left = allowance.burst;
    this.#since = now;
  }

  /** @returns false when the allowance is used up */
  take(now?: number): boolean {
    if (--this.#left >= 0) return true;
    const { burst, perSecond } = this.#allowance;
    const at = now ?? performance.now();
    const more = Math.floor(((at - this.#since) * perSecond) / 1_000);
    if (more < 1) return false;
    this.#since = at;
    this.#left = Math.min(burst, more) - 1;
    return true;
  }

  earn(count: number): void {
    this.#left = Math.min(this.#allowance.burst, this.#left + count);
  }
}
