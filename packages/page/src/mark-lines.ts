/** Marks in a chart: a line with a letter at its begin, and a band until its end. */
import type { Mark, MarkKind } from '@tshorn/master';
import type uPlot from 'uplot';
import { FLAG, flagsOf, meantBy, type Placed, rankOf, WIDE_FLAG } from './flags.ts';
import { colour } from './theme.ts';

/** The letter stands for the kind where colours cannot be told apart. */
export const LETTERS: Readonly<Record<MarkKind, string>> = {
  reload: 'R',
  're-exec': 'X',
  crash: 'C',
  hang: 'H',
  recycle: 'A',
  scale: 'S',
  degraded: 'D',
  leave: 'L',
  stop: 'E',
};

export const KINDS: Readonly<Record<MarkKind, string>> = {
  reload: 'Reload',
  're-exec': 'Re-exec',
  crash: 'Crash',
  hang: 'Hang',
  recycle: 'Recycle',
  scale: 'Scale',
  degraded: 'Degraded',
  leave: 'Leaving',
  stop: 'Stop',
};

/** While they go on they reach until now. */
const LONG: ReadonlySet<MarkKind> = new Set(['reload', 'degraded', 'leave', 'stop']);

export function drawMarks(plot: uPlot, marks: readonly Mark[]): void {
  const { ctx, bbox } = plot;
  const dpr = devicePixelRatio;
  ctx.save();
  ctx.beginPath();
  ctx.rect(bbox.left, 0, bbox.width, bbox.top + bbox.height);
  ctx.clip();
  const placed = placesOf(plot, marks, true);
  // The worst last, above the others.
  for (const { mark, begin, end } of [...placed].sort(
    (one, other) => rankOf(other.mark) - rankOf(one.mark),
  )) {
    ctx.fillStyle = colour(`mark-${mark.result}`);
    ctx.globalAlpha = 0.13;
    ctx.fillRect(begin, bbox.top, Math.max(0, end - begin), bbox.height);
    ctx.globalAlpha = mark.kind === 'recycle' && mark.result === 'good' ? 0.35 : 0.75;
    ctx.fillRect(begin, bbox.top, Math.max(1, Math.round(dpr)), bbox.height);
  }
  ctx.globalAlpha = 1;
  ctx.font = `700 ${9 * dpr}px system-ui, sans-serif`;
  ctx.textAlign = 'center';
  ctx.textBaseline = 'middle';
  for (const { of, count } of flagsOf(placed, dpr)) {
    const width = (count > 1 ? WIDE_FLAG : FLAG) * dpr;
    // One of this moment has no room to the right.
    const left = Math.min(of.begin, bbox.left + bbox.width - width);
    ctx.fillStyle = colour(`mark-${of.mark.result}`);
    ctx.fillRect(left, bbox.top, width, FLAG * dpr);
    ctx.fillStyle = colour('on-mark');
    const text = `${LETTERS[of.mark.kind] ?? '?'}${count > 9 ? '+' : count > 1 ? count : ''}`;
    ctx.fillText(text, left + width / 2, bbox.top + (FLAG / 2 + 0.5) * dpr);
  }
  ctx.restore();
}

interface MarkPlace extends Placed {
  readonly mark: Mark;
}

/** The marks in sight. @param isCanvas in pixels of the canvas, and not of CSS */
function placesOf(plot: uPlot, marks: readonly Mark[], isCanvas: boolean): MarkPlace[] {
  const { min = 0, max = 0 } = plot.scales.x ?? {};
  const placeOf = (at: number) => Math.round(plot.valToPos(at, 'x', isCanvas));
  return marks.flatMap((mark) => {
    const at = mark.at / 1000;
    const until = mark.until !== undefined ? mark.until / 1000 : LONG.has(mark.kind) ? max : at;
    return until < min || at > max ? [] : [{ mark, begin: placeOf(at), end: placeOf(until) }];
  });
}

/** The mark next to a place in the plot. @param left in CSS pixels */
export const markAt = (plot: uPlot, marks: readonly Mark[], left: number): Mark | undefined =>
  meantBy(placesOf(plot, marks, false), left)?.mark;
