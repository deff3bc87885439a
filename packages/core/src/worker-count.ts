/** More workers than this are a slip of the finger: each is a process, and a plan names each of its slots. */
export const MOST_WORKERS = 1024;

/** The number of workers follows the load between these two. */
export interface WorkerRange {
  readonly min: number;
  readonly max: number;
  /** `max` is the number of usable CPUs, and changes with that. */
  readonly auto?: true;
}

/** `--workers`: a number that stands, or a range. */
export type WorkerCount = number | WorkerRange;

/** The number of workers that a server starts with, and never goes below by itself. */
export const leastWorkers = (count: WorkerCount): number => (typeof count === 'number' ? count : count.min);

/** The number that it never goes above by itself. */
export const mostWorkers = (count: WorkerCount): number => (typeof count === 'number' ? count : count.max);

/** `4`, `2..8` or `2..auto`. */
export const formatWorkers = (count: WorkerCount): string =>
  typeof count === 'number' ? String(count) : `${count.min}..${count.auto ? 'auto' : count.max}`;

/** A number of workers, or a part of them in percent. */
export type Share = { readonly count: number } | { readonly percent: number };

/** The number of workers that the share is of `of` workers. */
export const portion = (share: Share, of: number, round: 'up' | 'down'): number => {
  if ('count' in share) return share.count;
  const exact = (of * share.percent) / 100;
  return round === 'up' ? Math.ceil(exact) : Math.floor(exact);
};
