/** One chart: a figure with a legend that has its numbers as text, a canvas of uPlot's, and the marks. */
import uPlot from 'uplot';
import { el, setText } from './dom.ts';
import { clock } from './format.ts';
import { drawMarks, markAt } from './mark-lines.ts';
import type { Past, Table } from './past.ts';
import { colour } from './theme.ts';

interface Series {
  readonly name: string;
  /** A name in style/base.css. */
  readonly colour: string;
  of(table: Table): (number | null)[];
  readonly isFilled?: boolean;
  readonly isStepped?: boolean;
}

export interface ChartSpec {
  readonly name: string;
  readonly unit?: string;
  readonly series: readonly Series[];
  format(value: number | undefined, bounds: readonly number[]): string;
  /** One number for all series. */
  summary?(values: readonly (number | null)[]): string;
  readonly isTall?: boolean;
  readonly stacked?: boolean;
  /** The vertical axis reaches at least to here. */
  readonly least?: number;
  /** No tick between whole numbers. */
  readonly isWhole?: boolean;
  range?(table: Table): [number, number];
  ticks?(bounds: readonly number[], most: number): Map<number, string>;
  underlay?(plot: uPlot, table: Table): void;
}

const TALL = 194;
const LOW = 124;
const FONT = '11px system-ui, sans-serif';

export class Chart {
  readonly #spec: ChartSpec;
  readonly #past: Past;
  readonly #open: (id: string) => void;
  readonly #canvas = el('div', 'canvas');
  readonly #total = el('b', 'total');
  /** The unit, or the time at the cursor. */
  readonly #note = el('small');
  readonly #values: readonly HTMLElement[];
  readonly #empty = el('p', 'empty', 'History begins now.');
  #plot: uPlot | undefined;
  #table: Table | undefined;
  /** As the lines have them: those of a stacked chart are sums. */
  #data: (number | null)[][] = [];
  #plain: (number | null)[][] = [];
  #range: [number, number] = [0, 1];

  constructor(parent: HTMLElement, spec: ChartSpec, past: Past, open: (id: string) => void) {
    this.#spec = spec;
    this.#past = past;
    this.#open = open;
    this.#values = spec.series.map(() => el('b'));
    const legend = spec.series.map(({ name, colour }, n) => {
      const swatch = el('i');
      swatch.style.background = `var(--${colour})`;
      return el('span', '', swatch, `${name} `, this.#values[n] as HTMLElement);
    });
    const title = el('h3', '', spec.name, this.#total, this.#note);
    const caption = el('figcaption', '', title, el('p', 'legend', ...legend));
    this.#canvas.style.height = `${spec.isTall ? TALL : LOW}px`;
    this.#canvas.role = 'img';
    this.#canvas.append(this.#empty);
    parent.append(el('figure', spec.isTall ? 'tall' : '', caption, this.#canvas));
    new ResizeObserver(() => this.#fit()).observe(this.#canvas);
  }

  draw(table: Table, from: number, to: number): void {
    const { series, stacked } = this.#spec;
    this.#table = table;
    this.#plain = series.map(({ of }) => of(table));
    this.#data = stacked ? stack(this.#plain) : this.#plain;
    this.#range = this.#rangeOf(table);
    this.#empty.hidden = table.at.length > 0;
    this.#plot ??= this.#make();
    this.#plot.setData([table.at, ...this.#data], false);
    this.#plot.setScale('x', { min: from / 1000, max: to / 1000 });
    this.#tell(this.#plot.cursor.idx ?? undefined);
    this.#describe();
  }

  restyle(): void {
    this.#plot?.destroy();
    this.#plot = undefined;
  }

  #fit(): void {
    const { clientWidth: width, clientHeight: height } = this.#canvas;
    if (this.#plot && width > 0 && width !== this.#plot.width) this.#plot.setSize({ width, height });
  }

  #rangeOf(table: Table): [number, number] {
    if (this.#spec.range) return this.#spec.range(table);
    const highest = Math.max(this.#spec.least ?? 1, ...this.#data.flat().map((value) => value ?? 0));
    // Room for the letters of the marks.
    return [0, highest * (this.#spec.isTall ? 1.12 : 1.22)];
  }

  #make(): uPlot {
    const { format, ticks, isWhole, underlay, series, stacked } = this.#spec;
    const grid = { stroke: colour('grid'), width: 1 };
    const common = { stroke: colour('muted'), font: FONT, grid, ticks: { show: false } };
    const label = (value: number) => format(value, this.#past.bounds).replace('.00', '');
    const named = () => ticks?.(this.#past.bounds, this.#range[1]);
    const lines = series.map(({ colour: name, isFilled, isStepped }) => ({
      stroke: colour(name),
      // A line on top of a thin area would show more than there is.
      width: stacked ? 0 : 1.5,
      points: { show: false },
      ...((isFilled || stacked) && { fill: stacked ? colour(name) : faint(colour(name)) }),
      ...(isStepped && { paths: uPlot.paths.stepped?.({ align: -1 }) as uPlot.Series.PathBuilder }),
    }));
    const plot = new uPlot(
      {
        width: this.#canvas.clientWidth,
        height: this.#canvas.clientHeight,
        padding: [8, 16, 0, 0],
        legend: { show: false },
        cursor: { sync: { key: 'all' }, drag: { x: false, y: false }, y: false, points: { show: false } },
        scales: { x: { time: true }, y: { range: () => this.#range } },
        axes: [
          {
            ...common,
            size: 26,
            gap: 8,
            space: 70,
            values: (plot, splits) =>
              splits.map((at) =>
                clock(at * 1000, (plot.scales.x?.max ?? 0) - (plot.scales.x?.min ?? 0) < 120),
              ),
          },
          {
            ...common,
            size: 52,
            gap: 4,
            space: 26,
            ...(isWhole && { incrs: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1e3, 2e3, 5e3, 1e4, 1e5] }),
            ...(ticks && { splits: () => [...(named()?.keys() ?? [])] }),
            values: (_, splits) => splits.map((split) => named()?.get(split) ?? label(split)),
          },
        ],
        // The sums first: the lower areas are drawn over them.
        series: [{}, ...lines],
        ...(stacked && {
          bands: lines.slice(1).map((_, n) => ({ series: [n + 2, n + 1] as [number, number] })),
        }),
        hooks: {
          drawAxes: [(plot) => this.#table && underlay?.(plot, this.#table)],
          draw: [(plot) => drawMarks(plot, this.#past.marks)],
          setCursor: [
            (plot) => {
              this.#tell(plot.cursor.idx ?? undefined);
              plot.over.style.cursor = this.#near(plot) ? 'pointer' : '';
            },
          ],
        },
      },
      [[], ...series.map(() => [])] as unknown as uPlot.AlignedData,
      this.#canvas,
    );
    plot.over.addEventListener('click', () => {
      const mark = this.#near(plot);
      if (mark) this.#open(mark.id);
    });
    return plot;
  }

  #near(plot: uPlot) {
    const left = plot.cursor.left ?? -1;
    return left < 0 ? undefined : markAt(plot, this.#past.marks, left);
  }

  /** Writes the values at the cursor, or the last ones. */
  #tell(at: number | undefined): void {
    const last = (this.#table?.at.length ?? 0) - 1;
    const place = at ?? last;
    const { format, summary } = this.#spec;
    for (const [n, value] of this.#values.entries()) {
      setText(value, format(this.#plain[n]?.[place] ?? undefined, this.#past.bounds));
    }
    if (summary) setText(this.#total, last < 0 ? '' : summary(this.#plain.map((one) => one[place] ?? null)));
    const isPast = at !== undefined && last >= 0;
    setText(
      this.#note,
      isPast ? `at ${clock((this.#table?.at[place] ?? 0) * 1000)}` : (this.#spec.unit ?? ''),
    );
  }

  /** The chart in words, for those who do not see it. */
  #describe(): void {
    const { name, unit, series, format } = this.#spec;
    const said = series.map(({ name }, n) => {
      const known = (this.#plain[n] ?? []).filter((value) => value !== null);
      const { bounds } = this.#past;
      return known.length === 0
        ? `${name}: nothing yet`
        : `${name}: now ${format(known.at(-1), bounds)}, least ${format(Math.min(...known), bounds)}, most ${format(Math.max(...known), bounds)}`;
    });
    this.#canvas.ariaLabel = `${name}${unit ? `, ${unit}` : ''}. ${said.join('; ')}`;
  }
}

/** Each series on top of those before. */
function stack(series: readonly (readonly (number | null)[])[]): (number | null)[][] {
  const sums: (number | null)[][] = [];
  for (const values of series) {
    const below = sums.at(-1);
    sums.push(values.map((value, n) => (value === null ? null : value + (below?.[n] ?? 0))));
  }
  return sums;
}

const faint = (rgb: string): string => rgb.replace(/^rgb\((.*)\)$/, 'rgba($1, 0.16)');
