/**
 * The short suite (`npm test`) holds every promise once. The long suite (`npm run test:long`) runs the files
 * that import this module again, with more rounds and with the cases that the short suite leaves out.
 */

/** jest.config.js sets it for each project. */
declare const LONG: boolean;

export const isLong = LONG;

/** A number of rounds, clients or seconds; the environment variable of that name overrides both. */
export const times = (variable: string, short: number, long: number): number =>
  Number(process.env[variable] ?? (LONG ? long : short));

/** A test of the long suite alone. */
export const thorough = LONG ? test : test.skip;

/** A test of the short suite alone, in a file that has thorough ones: the long suite need not repeat it. */
export const brief = LONG ? test.skip : test;

/** The cases that the short suite runs; in the long suite, all others. */
export const cases = <T>(all: readonly T[], isShort: (one: T) => boolean): T[] =>
  all.filter((one) => isShort(one) !== LONG);
