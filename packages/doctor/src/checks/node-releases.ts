/** The releases of Node (https://github.com/nodejs/release#release-schedule). A newer one than these is no fault. */

const RELEASES: Readonly<Record<number, readonly [released: string, endOfLife: string]>> = {
  20: ['2023-04-18', '2026-04-30'],
  21: ['2023-10-17', '2024-06-01'],
  22: ['2024-04-24', '2027-04-30'],
  23: ['2024-10-16', '2025-06-01'],
  24: ['2025-05-06', '2028-04-30'],
  25: ['2025-10-15', '2026-06-01'],
  26: ['2026-04-22', '2029-04-30'],
};

const parse = (date: string | undefined) => (date === undefined ? undefined : Date.parse(date));

/** Milliseconds since 1970; undefined for a release that is not known. */
export const endOfLife = (major: number): number | undefined => parse(RELEASES[major]?.[1]);

export const firstRelease = (major: number): number | undefined => parse(RELEASES[major]?.[0]);
