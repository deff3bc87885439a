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

/** The cases that the short suite runs; in the long suite, all others. */
export const cases = <T>(all: readonly T[], isShort: (one: T) => boolean): T[] =>
  all.filter((one) => isShort(one) !== LONG);
