/** The screen of `tshorn top`: as many lines as the terminal has rows, none longer than it is wide. Pure. */
import { columnsFor, type TopColumn } from './columns.ts';
import { detailLines } from './details.ts';
import { eventLines } from './events.ts';
import { headLines } from './head.ts';
import { helpLines } from './help.ts';
import { cut, EMPTY, type Line, reversed, spaced, span, withRight } from './line.ts';
import { type Picture, shown, sorted } from './picture.ts';
import type { TopRow } from './rows.ts';

export interface Size {
  readonly columns: number;
  readonly rows: number;
}

/** Lines that stay for events below a long table, with the blank one above them. */
const LEAST_BELOW = 4;
const LEAST_ROWS = 3;

export function linesOf(now: Picture, { columns: width, rows: height }: Size): Line[] {
  const picture = shown(now);
  const head = headLines(picture, width);
  const room = height - head.length - 1;
  const body = picture.isHelp ? [EMPTY, ...helpLines()] : bodyLines(picture, width, room);
  const lines = [...head, ...body].slice(0, Math.max(0, height - 1));
  while (lines.length < height - 1) lines.push(EMPTY);
  return [...lines, footer(picture, width)].map((line) => cut(line, width));
}

function bodyLines(picture: Picture, width: number, room: number): Line[] {
  const columns = columnsFor(width);
  const all = sorted(picture);
  // Besides the rows: the blank line above the table, its head, and the line that says how many are out of sight.
  const most = Math.max(LEAST_ROWS, room - 2 - LEAST_BELOW);
  // Parked workers only wait: they give way where the table is too long.
  const rows = all.length <= most ? all : all.filter(({ state }) => state !== 'parked');
  const visible = windowOf(rows, picture.chosen, all.length <= most ? most : most - 1);
  const parked = all.length - rows.length;
  const note = [visible.note, parked > 0 && `${parked} parked`].filter(Boolean).join('; ');
  const table = [
    EMPTY,
    tableHead(columns, picture),
    ...visible.rows.map((row) => rowLine(row, columns, picture, width)),
    ...(note === '' ? [] : [[span(`  ${note}`, 'dim')]]),
  ];
  const below = room - table.length - 1;
  if (below < 1) return table;
  const chosen = all.filter(({ slot }) => slot === picture.chosen);
  const more =
    chosen.length > 0
      ? detailLines(chosen, picture.told, { most: below, width })
      : eventLines(picture.told, { most: below, width }, 'no events yet');
  return [...table, EMPTY, ...more];
}

function tableHead(columns: readonly TopColumn[], { sort, isReversed }: Picture): Line {
  const cells = columns.map((column) => {
    const isSort = column.key === sort;
    const falls = (column.isLargestFirst === true) !== isReversed;
    const title = isSort ? `${column.title}${falls ? '↓' : '↑'}` : column.title;
    return span(` ${padded(title, column)}`, isSort ? 'bold' : 'dim');
  });
  return [span(' '), ...cells];
}

function rowLine(row: TopRow, columns: readonly TopColumn[], { chosen }: Picture, width: number): Line {
  const isChosen = row.slot === chosen;
  const cells = columns.map((column) => {
    const { text, colour } = column.cell(row);
    return span(` ${padded(text, column)}`, colour);
  });
  // Also where there are no colours.
  const line = [span(isChosen ? '›' : ' '), ...cells];
  return isChosen ? reversed(line, width) : line;
}

const padded = (text: string, { width, isLeft }: TopColumn): string =>
  isLeft ? text.padEnd(width) : text.padStart(width);

/** The rows in sight: those around the chosen one. */
function windowOf(
  rows: readonly TopRow[],
  chosen: number | undefined,
  most: number,
): { rows: readonly TopRow[]; note: string } {
  if (rows.length <= most) return { rows, note: '' };
  const at = Math.max(
    0,
    rows.findLastIndex(({ slot }) => slot === chosen),
  );
  const first = Math.min(Math.max(0, at - Math.floor(most / 2)), rows.length - most);
  const note = `${first + 1} to ${first + most} of ${rows.length} workers; ↑ ↓ scroll`;
  return { rows: rows.slice(first, first + most), note };
}

function footer({ paused, isHelp, chosen }: Picture, width: number): Line {
  const keys: readonly (readonly [key: string, what: string])[] = isHelp
    ? [
        ['?', 'back'],
        ['q', 'quit'],
      ]
    : [
        ['← →', 'sort by'],
        ['r', 'reverse'],
        ['↑ ↓', 'choose'],
        ...(chosen === undefined ? [] : ([['esc', 'all workers']] as const)),
        ['space', paused ? 'go on' : 'pause'],
        ['?', 'help'],
        ['q', 'quit'],
      ];
  const line = spaced(2, ...keys.map(([key, what]) => span(`${key} ${what}`, 'dim')));
  return withRight(line, EMPTY, width);
}
