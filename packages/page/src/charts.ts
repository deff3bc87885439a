/** The figures of each chart. How charts look and behave is chart.ts. */
import { Chart, type ChartSpec } from './chart.ts';
import { bytes, cores, count, ms, number, percent } from './format.ts';
import { drawHeat, heatRange, heatTicks } from './heat.ts';
import type { Past, Table } from './past.ts';
import { msAt, placeOf } from './quantile.ts';

export const CHARTS: readonly ChartSpec[] = [
  {
    name: 'Requests',
    unit: 'each second',
    stacked: true,
    isTall: true,
    series: [
      { name: '2xx', colour: 'c2', of: column('2xx') },
      { name: '3xx', colour: 'c3', of: column('3xx') },
      { name: '4xx', colour: 'c4', of: column('4xx') },
      { name: '5xx', colour: 'c5', of: column('5xx') },
    ],
    format: number,
    summary: (values) => number(values.reduce<number>((sum, value) => sum + (value ?? 0), 0)),
  },
  {
    name: 'Latency',
    unit: 'stronger: more requests',
    isTall: true,
    series: [
      { name: 'p50', colour: 'p50', of: ({ buckets }) => buckets.map((counts) => placeOf(counts, 0.5)) },
      { name: 'p99', colour: 'p99', of: ({ buckets }) => buckets.map((counts) => placeOf(counts, 0.99)) },
    ],
    format: (value, bounds) => ms(msAt(value, bounds)),
    range: heatRange,
    ticks: heatTicks,
    underlay: drawHeat,
  },
  {
    name: 'Errors',
    unit: 'each second',
    series: [
      { name: '5xx', colour: 'c5', of: column('5xx'), isFilled: true },
      { name: 'cut off', colour: 'c4', of: column('cut') },
    ],
    format: number,
    least: 1,
  },
  {
    name: 'Workers',
    series: [
      { name: 'ready', colour: 'good', of: column('ready'), isStepped: true, isFilled: true },
      { name: 'all', colour: 'p50', of: column('workers'), isStepped: true },
    ],
    format: count,
    least: 1,
    isWhole: true,
  },
  {
    name: 'Event loop',
    unit: 'in use',
    series: [
      { name: 'busiest', colour: 'p99', of: column('eluMost') },
      { name: 'mean', colour: 'c2', of: column('elu'), isFilled: true },
    ],
    format: percent,
    range: () => [0, 1],
  },
  {
    name: 'CPU',
    unit: 'cores, all workers',
    series: [{ name: 'used', colour: 'c2', of: column('cpu'), isFilled: true }],
    format: cores,
    least: 0.5,
  },
  {
    name: 'Connections',
    series: [
      { name: 'open', colour: 'c2', of: column('connections'), isFilled: true },
      { name: 'in flight', colour: 'p99', of: column('active') },
      { name: 'queued', colour: 'c5', of: column('queue') },
    ],
    format: count,
    least: 4,
    isWhole: true,
  },
  {
    name: 'Memory',
    unit: 'all workers',
    series: [{ name: 'resident', colour: 'c2', of: column('memory'), isFilled: true }],
    format: (megabytes) => bytes(megabytes === undefined ? undefined : megabytes * 1e6),
    least: 50,
  },
];

function column(name: Parameters<Table['column']>[0]): (table: Table) => (number | null)[] {
  return (table) => table.column(name);
}

/** Steps on a horizontal axis. */
const MOST_STEPS = 200;

export class Charts {
  readonly #charts: readonly Chart[];
  readonly #past: Past;

  constructor(parent: HTMLElement, past: Past, open: (id: string) => void) {
    this.#past = past;
    this.#charts = CHARTS.map((spec) => new Chart(parent, spec, past, open));
  }

  /** @param rangeMs how far back they go */
  draw(now: number, rangeMs: number): void {
    const from = now - rangeMs;
    // A step for each three pixels at the least: more would only be noise.
    const table = this.#past.since(from, Math.max(1, Math.round(rangeMs / MOST_STEPS / this.#past.stepMs)));
    for (const chart of this.#charts) chart.draw(table, from, now);
  }

  /** The colours have changed. */
  restyle(): void {
    for (const chart of this.#charts) chart.restyle();
  }
}
