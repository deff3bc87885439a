/** A number of workers, or a part of them in percent. */
export type Share = { readonly count: number } | { readonly percent: number };

/** How many of so many that is. */
export const portion = (share: Share, of: number, round: 'up' | 'down'): number => {
  if ('count' in share) return share.count;
  const exact = (of * share.percent) / 100;
  return round === 'up' ? Math.ceil(exact) : Math.floor(exact);
};
