/** The charts as a table, the newest step first: for those who do not see them, and for exact figures. */
import { CHARTS } from './charts.ts';
import { byId, el, setText } from './dom.ts';
import { clock } from './format.ts';
import { headingOf } from './marks-list.ts';
import type { Past } from './past.ts';

/** Steps of a range. */
const MOST_ROWS = 60;

export class FiguresTable {
  readonly #past: Past;
  readonly #details = byId<HTMLDetailsElement>('table');
  readonly #body = this.#details.querySelector('tbody') as HTMLTableSectionElement;
  /** By the time of their step. A row stays in place: a screen reader may be in it. */
  readonly #rows = new Map<number, HTMLTableRowElement>();

  /** @param opened called when the visitor opens it: it is only filled while it is open */
  constructor(past: Past, opened: () => void) {
    this.#past = past;
    this.#details.addEventListener('toggle', opened);
    const [groups, names] = this.#details.querySelectorAll('thead tr');
    groups?.append(
      head('Time', 'row'),
      ...CHARTS.map(({ name, series }) => head(name, 'group', series.length)),
    );
    groups?.append(head('Events', 'row'));
    names?.append(...CHARTS.flatMap(({ series }) => series.map(({ name }) => head(name, ''))));
  }

  /** @param rangeMs how far back it goes */
  draw(now: number, rangeMs: number): void {
    if (!this.#details.open) return;
    const { stepMs, bounds, marks } = this.#past;
    const table = this.#past.since(now - rangeMs, Math.max(1, Math.round(rangeMs / MOST_ROWS / stepMs)));
    const columns = CHARTS.flatMap(({ series, format }) =>
      series.map(({ of }) => of(table).map((value) => format(value ?? undefined, bounds))),
    );
    const shown = new Set<number>();
    for (const [n, at] of table.at.entries()) {
      // A gap, which interrupts the lines of a chart.
      if (table.buckets[n] === null) continue;
      shown.add(at);
      const row = this.#rows.get(at) ?? this.#add(at, columns.length);
      columns.forEach((column, place) => {
        setText(row.cells[place + 1] as HTMLElement, column[n] ?? '');
      });
      const events = marks.filter((mark) => mark.at <= at * 1_000 && mark.at > at * 1_000 - table.stepMs);
      setText(row.cells[columns.length + 1] as HTMLElement, events.map(headingOf).join('; '));
    }
    for (const [at, row] of this.#rows) {
      if (shown.has(at)) continue;
      row.remove();
      this.#rows.delete(at);
    }
  }

  #add(at: number, columns: number): HTMLTableRowElement {
    const time = el('th', '', clock(at * 1_000));
    time.scope = 'row';
    const row = el('tr', '', time);
    for (let n = 0; n < columns; n++) row.append(el('td'));
    row.append(el('td', 'events'));
    const older = [...this.#rows].filter(([other]) => other < at).sort(([one], [other]) => other - one)[0];
    this.#body.insertBefore(row, older?.[1] ?? null);
    this.#rows.set(at, row);
    return row;
  }
}

/** @param kind `row`: over both rows of the head; `group`: over `columns` columns */
function head(text: string, kind: 'row' | 'group' | '', columns = 1): HTMLTableCellElement {
  const cell = el('th', kind === 'row' && text === 'Events' ? 'events' : '', text);
  cell.scope = kind === 'group' ? 'colgroup' : 'col';
  if (kind === 'row') cell.rowSpan = 2;
  cell.colSpan = columns;
  return cell;
}
