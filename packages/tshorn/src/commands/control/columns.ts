import type { Colour, Paint } from '../style.ts';

export interface Cell {
  readonly text: string;
  readonly colour?: Colour;
}

export interface Column {
  readonly title: string;
  readonly align?: 'right';
}

const GAP = '  ';

/** Renders a table as lines: each column is as wide as its widest cell, without trailing spaces. */
export function columns(
  heads: readonly Column[],
  rows: readonly (readonly Cell[])[],
  paint: Paint,
): string[] {
  const titles = heads.map(({ title }): Cell => ({ text: title, colour: 'dim' }));
  const untitled = heads.every(({ title }) => title === '');
  const all = untitled ? rows : [titles, ...rows];
  const widths = heads.map((_, at) => Math.max(...all.map((row) => row[at]?.text.length ?? 0)));
  return all.map((row) => {
    const cells = row.map(({ text, colour }, at) => {
      const gap = ' '.repeat((widths[at] ?? 0) - text.length);
      const painted = colour ? paint(colour, text) : text;
      if (heads[at]?.align === 'right') return gap + painted;
      return at === row.length - 1 ? painted : painted + gap;
    });
    return cells.join(GAP).trimEnd();
  });
}
