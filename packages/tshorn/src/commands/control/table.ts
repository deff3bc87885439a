/** Tables for people, laid out by cliui. */
import cliui from 'cliui';
import type { Colour, Paint } from '../style.ts';

export interface Cell {
  readonly text: string;
  readonly colour?: Colour;
}

export interface Column {
  /** Above the column; without any title the table has no head. */
  readonly title?: string;
  readonly align?: 'right';
}

export interface Row {
  readonly cells: readonly Cell[];
  /** Stands in lines of its own below the cells, from `indent` on. */
  readonly more?: string | undefined;
}

/** Cuts the middle out of a long name, whose end often tells it. */
export const shorten = (text: string, most: number): string =>
  text.length <= most
    ? text
    : `${text.slice(0, Math.ceil(most / 2) - 1)}…${text.slice(-Math.floor(most / 2))}`;

export interface Page {
  readonly paint: Paint;
  /** Columns of the terminal, at which the last column wraps; undefined where nothing wraps. */
  readonly width: number | undefined;
}

export const GAP = 2;
/** A narrower column is not worth wrapping in. */
export const LEAST = 20;

/**
 * Each column is as wide as its widest cell.
 * @param left columns before the table
 * @param indent columns before the text of `more`
 */
export function table(
  columns: readonly Column[],
  rows: readonly Row[],
  { paint, width = Number.POSITIVE_INFINITY }: Page,
  { left = 0, indent = 0 } = {},
): string {
  const titles = columns.map(({ title = '' }): Cell => ({ text: title, colour: 'dim' }));
  const all: readonly Row[] = titles.some(({ text }) => text !== '') ? [{ cells: titles }, ...rows] : rows;
  const widest = columns.map((_, at) => Math.max(...all.map(({ cells }) => cells[at]?.text.length ?? 0)));
  const last = columns.length - 1;
  const before = left + widest.slice(0, last).reduce((sum, wide) => sum + wide + GAP, 0);
  const fitting = (wanted: number, from: number) => Math.min(wanted, Math.max(LEAST, width - from));
  const ui = cliui({ width: before + fitting(widest[last] ?? 0, before), wrap: true });
  for (const { cells, more } of all) {
    const laidOut = cells.map(({ text, colour }, at) => {
      const padding = [0, at === last ? 0 : GAP, 0, at === 0 ? left : 0] as const;
      const wide = widest[at] ?? 0;
      return {
        text: colour ? paint(colour, text) : text,
        align: columns[at]?.align ?? ('left' as const),
        padding,
        width: padding[1] + padding[3] + (at === last ? fitting(wide, before) : wide),
      };
    });
    ui.div(...laidOut);
    if (more === undefined) continue;
    const longest = Math.max(...more.split('\n').map((line) => line.length));
    ui.div({
      text: paint('dim', more),
      padding: [0, 0, 0, indent],
      width: indent + fitting(longest, indent),
    });
  }
  return ui.toString();
}
