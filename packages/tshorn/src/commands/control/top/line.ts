/** A line of the screen as spans of one colour each: it is measured and cut before colours are written. */
import type { Colour, Paint } from '../../style.ts';

export interface Span {
  readonly text: string;
  readonly colour?: Colour | undefined;
}

export type Line = readonly Span[];

export const EMPTY: Line = [];

export const span = (text: string, colour?: Colour): Span => ({ text, colour });

export const widthOf = (line: Line): number => line.reduce((sum, { text }) => sum + text.length, 0);

/** Joins the parts that have text, with this many spaces between them. */
export function spaced(gap: number, ...parts: readonly (Span | false | undefined)[]): Line {
  const shown = parts.filter((part) => part && part.text !== '') as Span[];
  return shown.flatMap((part, at) => (at === 0 ? [part] : [span(' '.repeat(gap)), part]));
}

/** Joins the lines, and leaves those at the end out that do not fit whole. @param width default: no limit */
export function joined(gap: number, parts: readonly Line[], width = Number.POSITIVE_INFINITY): Line {
  let line: Line = EMPTY;
  for (const part of parts) {
    const longer = line.length === 0 ? part : [...line, span(' '.repeat(gap)), ...part];
    if (widthOf(longer) > width) break;
    line = longer;
  }
  return line;
}

/** Puts `right` at the right edge, where both fit. */
export function withRight(line: Line, right: Line, width: number): Line {
  const free = width - widthOf(line) - widthOf(right);
  return free < 2 ? line : [...line, span(' '.repeat(free)), ...right];
}

/** No line is longer than the screen is wide: a wrapped one would move all that follow. */
export function cut(line: Line, width: number): Line {
  const kept: Span[] = [];
  let left = width;
  for (const { text, colour } of line) {
    if (left <= 0) break;
    kept.push(span(text.length > left ? `${text.slice(0, left - 1)}…` : text, colour));
    left -= text.length;
  }
  return kept;
}

export const painted = (line: Line, paint: Paint): string =>
  line.map(({ text, colour }) => (colour && text.trim() !== '' ? paint(colour, text) : text)).join('');

/** A whole line in reverse, as wide as the screen. */
export const reversed = (line: Line, width: number): Line => [
  span(
    line
      .map(({ text }) => text)
      .join('')
      .padEnd(width),
    'inverse',
  ),
];
