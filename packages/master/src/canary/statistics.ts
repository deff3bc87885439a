/** Exact tests on counts. Pure; probabilities are from 0 to 1. */

/** ln(n!), by Stirling's series above the table; its error is below 1e-10 there. */
const TABLE = [0];
for (let n = 1; n < 256; n++) TABLE.push((TABLE[n - 1] ?? 0) + Math.log(n));

function lnFactorial(n: number): number {
  const known = TABLE[n];
  if (known !== undefined) return known;
  return n * Math.log(n) - n + 0.5 * Math.log(2 * Math.PI * n) + 1 / (12 * n) - 1 / (360 * n ** 3);
}

const lnChoose = (n: number, k: number): number => lnFactorial(n) - lnFactorial(k) - lnFactorial(n - k);

/** Terms fall from the first on: what is this small beside the sum changes it no more. */
const NEGLIGIBLE = 1e-9;

/** Adds up terms from `from` to `to`, of which each is the one before times `ratio(k)`. */
function tail(first: number, from: number, to: number, ratio: (k: number) => number): number {
  let sum = 0;
  let term = first;
  for (let k = from; k <= to; k++) {
    sum += term;
    const factor = ratio(k);
    if (factor < 1 && term < sum * NEGLIGIBLE) break;
    term *= factor;
  }
  return Math.min(1, sum);
}

/**
 * Fisher's exact test, one-sided: how likely is it that of all hits so many or more fall to the first
 * group, if both groups have the same rate? (https://en.wikipedia.org/wiki/Fisher%27s_exact_test)
 */
export function fisher(hits: number, of: number, otherHits: number, otherOf: number): number {
  const allHits = hits + otherHits;
  const otherLeft = otherOf - allHits;
  const first = Math.exp(lnChoose(of, hits) + lnChoose(otherOf, otherHits) - lnChoose(of + otherOf, allHits));
  return tail(
    first,
    hits,
    Math.min(of, allHits),
    (k) => ((of - k) * (allHits - k)) / ((k + 1) * (otherLeft + k + 1)),
  );
}

/** How likely are so many hits or more among `of` trials, if each hits with this probability? */
export function binomial(hits: number, of: number, probability: number): number {
  if (hits <= 0) return 1;
  const odds = probability / (1 - probability);
  const first = Math.exp(
    lnChoose(of, hits) + hits * Math.log(probability) + (of - hits) * Math.log1p(-probability),
  );
  return tail(first, hits, of, (k) => ((of - k) / (k + 1)) * odds);
}

/**
 * By how much hits come in clumps: 1 when each request is slow or not by itself, 15 when fifteen at a time
 * are slow in one pause. Dividing both counts by it makes a test of single events right for clumps: the
 * design effect of Rao and Scott (https://doi.org/10.2307/2532311). Never below 1.
 */
export function designEffect(slices: readonly { readonly hits: number; readonly of: number }[]): number {
  const used = slices.filter(({ of }) => of > 0);
  const hits = used.reduce((sum, slice) => sum + slice.hits, 0);
  const of = used.reduce((sum, slice) => sum + slice.of, 0);
  if (used.length < 2 || hits === 0 || hits === of) return 1;
  const rate = hits / of;
  const squares = used.reduce((sum, slice) => sum + (slice.hits - rate * slice.of) ** 2, 0);
  const expected = of * rate * (1 - rate);
  return Math.max(1, ((squares / expected) * used.length) / (used.length - 1));
}
