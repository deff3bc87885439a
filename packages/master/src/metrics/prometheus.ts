/** Writes metrics as Prometheus reads them (https://prometheus.io/docs/instrumenting/exposition_formats/). */
import type { Family, HistogramPoint, Labels } from './family.ts';

export const PROMETHEUS_TYPE = 'text/plain; version=0.0.4; charset=utf-8';

export function prometheusText(families: readonly Family[]): string {
  return families
    .filter(({ points }) => points.length > 0)
    .map((family) =>
      [
        `# HELP ${family.name} ${helpText(family.help)}`,
        `# TYPE ${family.name} ${family.type}`,
        ...linesOf(family),
        '',
      ].join('\n'),
    )
    .join('');
}

function linesOf(family: Family): string[] {
  const { name } = family;
  switch (family.type) {
    case 'histogram':
      return family.points.flatMap((point) => histogramLines(name, point));
    case 'summary':
      return family.points.flatMap(({ labels, quantiles, sum, count }) => [
        ...quantiles.map(([quantile, value]) => line(name, { ...labels, quantile: String(quantile) }, value)),
        line(`${name}_sum`, labels, sum),
        line(`${name}_count`, labels, count),
      ]);
    default:
      return family.points.map(({ labels, value }) => line(name, labels, value));
  }
}

function histogramLines(name: string, { labels, bounds, counts, sum }: HistogramPoint): string[] {
  let total = 0;
  // Most lines of a scrape are buckets: their labels are written once.
  const written = labelsText(labels);
  const start = `${name}_bucket{${written}${written === '' ? '' : ','}le="`;
  const lines = counts.map((count, at) => {
    total += count;
    const bound = bounds[at];
    return `${start}${bound === undefined ? '+Inf' : bound}"} ${total}`;
  });
  const braces = inBraces(written);
  lines.push(`${name}_sum${braces} ${number(sum)}`, `${name}_count${braces} ${total}`);
  return lines;
}

const line = (name: string, labels: Labels, value: number): string =>
  `${name}${inBraces(labelsText(labels))} ${number(value)}`;

const labelsText = (labels: Labels): string =>
  Object.entries(labels)
    .map(([label, text]) => `${label}="${labelText(text)}"`)
    .join(',');

const inBraces = (labels: string): string => (labels === '' ? '' : `{${labels}}`);

const helpText = (text: string): string => text.replaceAll('\\', '\\\\').replaceAll('\n', '\\n');
const labelText = (text: string): string => helpText(text).replaceAll('"', '\\"');
const number = (value: number): string =>
  value === Infinity ? '+Inf' : value === -Infinity ? '-Inf' : String(value);
