/** Reads the report of a worker: whatever a worker may send, what comes out can be merged and written. */
import type { AppFamily, AppMetricType, AppPoint } from '@tshorn/core';

const METRIC_NAME = /^[a-zA-Z_:][a-zA-Z0-9_:]{0,199}$/;
const LABEL_NAME = /^[a-zA-Z_][a-zA-Z0-9_]{0,199}$/;
/** Labels that the text itself uses. */
const RESERVED: Partial<Record<AppMetricType, string>> = { histogram: 'le', summary: 'quantile' };
const LONGEST_HELP = 1_000;

/** What does not fit is left out: a text that is no list of families has none. */
export function readReport(text: string): AppFamily[] {
  try {
    const list: unknown = JSON.parse(text);
    return Array.isArray(list) ? list.flatMap((item) => readFamily(item)) : [];
  } catch {
    return [];
  }
}

const isType = (type: unknown): type is AppMetricType =>
  type === 'counter' || type === 'gauge' || type === 'histogram' || type === 'summary';

function readFamily(item: unknown): AppFamily[] {
  const { name, help, type, by, at, points } = (item ?? {}) as Record<string, unknown>;
  if (typeof name !== 'string' || !METRIC_NAME.test(name) || !isType(type)) return [];
  if (!Array.isArray(at) || !isRising(at) || !Array.isArray(points)) return [];
  const width = { counter: 1, gauge: 1, histogram: at.length + 2, summary: at.length + 2 }[type];
  return [
    {
      name,
      help: String(help).slice(0, LONGEST_HELP),
      type,
      by: String(by),
      at,
      points: points.flatMap((point) => readPoint(point, type, width)),
    },
  ];
}

const isRising = (numbers: readonly unknown[]): numbers is number[] =>
  numbers.every(
    (number, index) => typeof number === 'number' && (index === 0 || number > (numbers[index - 1] as number)),
  );

function readPoint(point: unknown, type: AppMetricType, width: number): AppPoint[] {
  if (!Array.isArray(point)) return [];
  const [labels, values] = point as unknown[];
  if (typeof labels !== 'object' || labels === null) return [];
  if (!Array.isArray(values) || values.length !== width) return [];
  const numbers = values.map(toNumber);
  // In a sum that is kept, one of these would stay for ever.
  if ((type === 'counter' || type === 'histogram') && !numbers.every(Number.isFinite)) return [];
  const texts: Record<string, string> = {};
  for (const [label, text] of Object.entries(labels)) {
    if (!LABEL_NAME.test(label) || label === RESERVED[type]) return [];
    texts[label] = String(text);
  }
  return [[texts, numbers]];
}

/** NaN and the infinities are texts; anything else that is no number is NaN. */
const toNumber = (value: unknown): number =>
  typeof value === 'number' || typeof value === 'string' ? Number(value) : Number.NaN;
