/** Which marks of a chart have a letter, and which of them a click means. A failure is never hidden by what went well. Pure. */
import type { Mark } from '@tshorn/master';

/** A place in a chart, in pixels from its left. */
export interface Placed {
  readonly mark: Pick<Mark, 'kind' | 'result'>;
  readonly begin: number;
  /** Its end; for a moment, its begin. */
  readonly end: number;
}

export interface Flag<T extends Placed> {
  readonly of: T;
  /** How many marks it stands for: those around it have no room for their own. */
  readonly count: number;
}

/** Width of a flag, and of one with a number, in CSS pixels. */
export const FLAG = 13;
export const WIDE_FLAG = 19;
/** CSS pixels within which a click opens a mark. */
const NEAR = 9;

/** The lower, the worse. */
export function rankOf({ kind, result }: Placed['mark']): number {
  if (result === 'bad') return 0;
  if (result === 'neutral') return 1;
  return kind === 'recycle' ? 3 : 2;
}

/** The worst first; of the same kind the newest. */
const byRank = (one: Placed, other: Placed): number =>
  rankOf(one.mark) - rankOf(other.mark) || other.begin - one.begin;

/** @param scale pixels of the places for each CSS pixel */
export function flagsOf<T extends Placed>(placed: readonly T[], scale = 1): Flag<T>[] {
  const flags: { of: T; count: number }[] = [];
  const space = (WIDE_FLAG + 1) * scale;
  for (const one of [...placed].sort(byRank)) {
    const awayFrom = (flag: { of: T }) => Math.abs(flag.of.begin - one.begin);
    const [nearest] = [...flags].sort((a, b) => awayFrom(a) - awayFrom(b));
    if (nearest && awayFrom(nearest) < space) nearest.count++;
    else flags.push({ of: one, count: 1 });
  }
  return flags;
}

/** The mark that a click means: the worst whose begin is near, else one that goes on there. @param at as the places */
export function meantBy<T extends Placed>(placed: readonly T[], at: number): T | undefined {
  const awayFrom = ({ begin }: Placed) => Math.max(begin - at, at - begin - FLAG, 0);
  const near = placed
    .filter((one) => awayFrom(one) <= NEAR)
    .sort((one, other) => rankOf(one.mark) - rankOf(other.mark) || awayFrom(one) - awayFrom(other));
  return near[0] ?? placed.filter(({ begin, end }) => begin <= at && at <= end + NEAR).sort(byRank)[0];
}
