/**
 * `X-Request-Start`: when the first proxy got a request. There is no standard. Heroku writes milliseconds
 * (https://devcenter.heroku.com/articles/http-routing#heroku-headers), nginx seconds (`t=${msec}`), Apache microseconds (`t=%t`),
 * and HAProxy either.
 */

/** An hour: whatever is older is no time of a request. */
const MOST_MS = 3_600_000;

/** Above these, a number since 1970 is no number of seconds, and none of milliseconds, for any date that matters. */
const SECONDS = 1e11;
const MILLISECONDS = 1e14;
const MICROSECONDS = 1e17;

/**
 * The age of a request by this header.
 * @param now milliseconds since 1970
 * @returns milliseconds; 0 for a header that tells nothing, and for a proxy whose clock is ahead
 */
export function ageByHeader(header: string | string[] | undefined, now: number): number {
  if (typeof header !== 'string') return 0;
  // Several proxies append with commas: the first has had it first.
  const digits = /^\s*(?:t\s*=\s*)?(\d{9,20}(?:\.\d{1,9})?)\s*(?:m?s|us)?\s*(?:,|$)/.exec(header)?.[1];
  if (digits === undefined) return 0;
  const age = now - inMilliseconds(Number(digits));
  return age > 0 && age < MOST_MS ? age : 0;
}

function inMilliseconds(number: number): number {
  if (number < SECONDS) return number * 1_000;
  if (number < MILLISECONDS) return number;
  return number < MICROSECONDS ? number / 1_000 : number / 1e6;
}
