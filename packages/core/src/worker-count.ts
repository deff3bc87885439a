/** More workers than this are a slip of the finger: each is a process, and a plan names each of its slots. */
export const MOST_WORKERS = 1024;

/** A number of workers, or a part of them in percent. */
export type Share = { readonly count: number } | { readonly percent: number };

/** The number of workers that the share is of `of` workers. */
export const portion = (share: Share, of: number, round: 'up' | 'down'): number => {
  if ('count' in share) return share.count;
  const exact = (of * share.percent) / 100;
  return round === 'up' ? Math.ceil(exact) : Math.floor(exact);
};
