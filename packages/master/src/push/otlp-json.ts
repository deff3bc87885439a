/**
 * Metrics as the body of an OTLP request, in the JSON of Protocol Buffers
 * (https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding): 64-bit numbers are texts, and enums are numbers.
 * Pure.
 */
import type { Family, Labels } from '../metrics/family.ts';
import { otlpAttribute, otlpName } from './otlp-names.ts';

/** AGGREGATION_TEMPORALITY_CUMULATIVE */
const CUMULATIVE = 2;
const STATUS = 'http.response.status_code';

export interface OtlpSender {
  readonly resource: Labels;
  /** The version of tshorn. */
  readonly version: string;
  /** Since when the counts count, and now: milliseconds since the epoch. */
  readonly begunAt: number;
  readonly now: number;
}

export function otlpRequest(
  families: readonly Family[],
  { resource, version, begunAt, now }: OtlpSender,
): object {
  const time = { startTimeUnixNano: nanos(begunAt), timeUnixNano: nanos(now) };
  const metrics = families
    .filter(({ points }) => points.length > 0)
    .map((family) => {
      const { name, unit } = otlpName(family.name);
      return { name, description: family.help, ...(unit && { unit }), ...dataOf(family, time) };
    });
  return {
    resourceMetrics: [
      {
        resource: { attributes: attributes(resource) },
        scopeMetrics: [{ scope: { name: 'tshorn', version }, metrics }],
      },
    ],
  };
}

type Time = { readonly startTimeUnixNano: string; readonly timeUnixNano: string };

function dataOf(family: Family, time: Time): object {
  switch (family.type) {
    case 'histogram': {
      const dataPoints = family.points.map(({ labels, bounds, counts, sum }) => ({
        attributes: attributes(labels),
        ...time,
        count: whole(counts.reduce((total, count) => total + count, 0)),
        sum: double(sum),
        bucketCounts: counts.map(whole),
        explicitBounds: bounds,
      }));
      return { histogram: { aggregationTemporality: CUMULATIVE, dataPoints } };
    }
    case 'summary': {
      const dataPoints = family.points.map(({ labels, quantiles, sum, count }) => ({
        attributes: attributes(labels),
        ...time,
        count: whole(count),
        sum: double(sum),
        quantileValues: quantiles.map(([quantile, value]) => ({ quantile, value: double(value) })),
      }));
      return { summary: { dataPoints } };
    }
    default: {
      const dataPoints = family.points.map(({ labels, value }) => ({
        attributes: attributes(labels),
        ...time,
        asDouble: double(value),
      }));
      const isMonotonic = family.type === 'counter';
      const isSum = isMonotonic || otlpName(family.name).isUpDown;
      return isSum
        ? { sum: { aggregationTemporality: CUMULATIVE, isMonotonic, dataPoints } }
        : { gauge: { dataPoints } };
    }
  }
}

const attributes = (labels: Labels): object[] =>
  Object.entries(labels).map(([label, text]) => {
    const key = otlpAttribute(label);
    const isNumber = key === STATUS && /^\d+$/.test(text);
    return { key, value: isNumber ? { intValue: text } : { stringValue: text } };
  });

/** Milliseconds have no more than a double can hold; nanoseconds do. */
const nanos = (ms: number): string => `${Math.trunc(ms)}000000`;
const whole = (number: number): string => String(Math.round(number));
const double = (number: number): number | string => (Number.isFinite(number) ? number : String(number));
