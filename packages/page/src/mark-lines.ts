/** Marks in a chart: a line with a letter at its begin, and a band until its end. */
import type { Mark, MarkKind } from '@tshorn/master';
import type uPlot from 'uplot';
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

/** CSS pixels within which a click opens a mark. */
const NEAR = 9;
const FLAG = 13;

export function drawMarks(plot: uPlot, marks: readonly Mark[]): void {
  const { ctx, bbox } = plot;
  const dpr = devicePixelRatio;
  const { min = 0, max = 0 } = plot.scales.x ?? {};
  ctx.save();
  ctx.beginPath();
  ctx.rect(bbox.left, 0, bbox.width, bbox.top + bbox.height);
  ctx.clip();
  ctx.font = `700 ${9 * dpr}px system-ui, sans-serif`;
  ctx.textAlign = 'center';
  ctx.textBaseline = 'middle';
  let free = -Infinity;
  for (const mark of marks) {
    const isLong = LONG.has(mark.kind);
    const until = mark.until !== undefined ? mark.until / 1000 : isLong ? max : mark.at / 1000;
    if (until < min || mark.at / 1000 > max) continue;
    const left = Math.round(plot.valToPos(mark.at / 1000, 'x', true));
    const right = Math.round(plot.valToPos(until, 'x', true));
    const hue = colour(`mark-${mark.result}`);
    ctx.fillStyle = hue;
    ctx.globalAlpha = 0.13;
    ctx.fillRect(left, bbox.top, Math.max(0, right - left), bbox.height);
    ctx.globalAlpha = mark.kind === 'recycle' && mark.result === 'good' ? 0.35 : 0.75;
    ctx.fillRect(left, bbox.top, Math.max(1, Math.round(dpr)), bbox.height);
    ctx.globalAlpha = 1;
    // Where marks stand close together, the lines are still told apart, and letters would not be.
    if (left < free) continue;
    free = left + (FLAG + 1) * dpr;
    // One of this moment has no room to the right.
    const flag = Math.min(left, bbox.left + bbox.width - FLAG * dpr);
    ctx.fillRect(flag, bbox.top, FLAG * dpr, FLAG * dpr);
    ctx.fillStyle = colour('on-mark');
    ctx.fillText(LETTERS[mark.kind] ?? '?', flag + (FLAG / 2) * dpr, bbox.top + (FLAG / 2 + 0.5) * dpr);
  }
  ctx.restore();
}

/** The mark next to a place in the plot. @param left in CSS pixels */
export function markAt(plot: uPlot, marks: readonly Mark[], left: number): Mark | undefined {
  let nearest: Mark | undefined;
  let least = NEAR;
  for (const mark of marks) {
    const begin = plot.valToPos(mark.at / 1000, 'x');
    const end = plot.valToPos((mark.until ?? mark.at) / 1000, 'x');
    const away = left < begin ? begin - left : Math.max(0, left - Math.max(end, begin + FLAG));
    if (away > least) continue;
    nearest = mark;
    least = away;
  }
  return nearest;
}
