/**
 * Metrics as data, from which the Prometheus text is made. Names are written in full, `_total` and unit included.
 */
export type Labels = Readonly<Record<string, string>>;

export interface Point {
  readonly labels: Labels;
  readonly value: number;
}

export interface HistogramPoint {
  readonly labels: Labels;
  /** Upper bounds of the buckets, rising; one more bucket is without a bound. */
  readonly bounds: readonly number[];
  /** How many values fell into each bucket: one count more than there are bounds. */
  readonly counts: readonly number[];
  readonly sum: number;
}

export interface SummaryPoint {
  readonly labels: Labels;
  readonly quantiles: readonly (readonly [quantile: number, value: number])[];
  readonly sum: number;
  readonly count: number;
}

interface Described {
  readonly name: string;
  readonly help: string;
}

export type Family = Described &
  (
    | { readonly type: 'counter' | 'gauge'; readonly points: readonly Point[] }
    | { readonly type: 'histogram'; readonly points: readonly HistogramPoint[] }
    | { readonly type: 'summary'; readonly points: readonly SummaryPoint[] }
  );

/** To a microsecond: the rest is noise, and a scrape has thousands of these. */
export const inSeconds = (ms: number): number => Math.round(ms * 1_000) / 1e6;
