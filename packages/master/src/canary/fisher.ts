/** ln(n!), by Stirling's series above the table; its error is below 1e-10 there. */
const TABLE = [0];
for (let n = 1; n < 256; n++) TABLE.push((TABLE[n - 1] ?? 0) + Math.log(n));

function lnFactorial(n: number): number {
  const known = TABLE[n];
  if (known !== undefined) return known;
  return n * Math.log(n) - n + 0.5 * Math.log(2 * Math.PI * n) + 1 / (12 * n) - 1 / (360 * n ** 3);
}

const lnChoose = (n: number, k: number): number => lnFactorial(n) - lnFactorial(k) - lnFactorial(n - k);

/** Terms fall from some point on: one that is this small beside the sum ends it. */
const NEGLIGIBLE = 1e-9;

/**
 * Fisher's exact test, one-sided (https://en.wikipedia.org/wiki/Fisher%27s_exact_test). Pure.
 * @returns the probability, from 0 to 1, that so many of all hits or more fall to the first group by chance, when both
 *   groups have the same rate
 */
export function fisher(hits: number, of: number, otherHits: number, otherOf: number): number {
  const allHits = hits + otherHits;
  const otherLeft = otherOf - allHits;
  let term = Math.exp(lnChoose(of, hits) + lnChoose(otherOf, otherHits) - lnChoose(of + otherOf, allHits));
  let sum = 0;
  for (let k = hits; k <= Math.min(of, allHits); k++) {
    sum += term;
    const ratio = ((of - k) * (allHits - k)) / ((k + 1) * (otherLeft + k + 1));
    if (ratio < 1 && term < sum * NEGLIGIBLE) break;
    term *= ratio;
  }
  return Math.min(1, sum);
}
