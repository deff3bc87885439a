/**
 * Sums of floating-point numbers that do not depend on their order: the parts are added up in another one when a worker
 * leaves, and a counter would fall by its last digit. Prometheus takes any fall for a restart, and adds all of it again.
 */

/** The part of `one + other` that the addition rounds off; 0 where the sum is infinite or no number. */
export function roundedOff(one: number, other: number): number {
  const sum = one + other;
  if (!Number.isFinite(sum)) return 0;
  const added = sum - one;
  return one - (sum - added) + (other - added);
}

export function sum(values: readonly number[]): number {
  let total = 0;
  let rest = 0;
  for (const value of values) {
    rest += roundedOff(total, value);
    total += value;
  }
  return total + rest;
}
