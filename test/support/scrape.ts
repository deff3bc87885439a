/** A scrape of the metrics, over the control socket of a server or from its admin listener. */
import http from 'node:http';
import { text } from 'node:stream/consumers';
import { socketOf } from './control.ts';
import type { TestServer } from './server.ts';

/** The values by name and labels: `my_total{code="200"}`. */
export type Values = Readonly<Record<string, number>>;

export interface Scrape {
  readonly values: Values;
  /** The part that must never fall: counters, and the buckets, sums and counts of histograms and summaries. */
  readonly rising: Values;
}

const ONLY_RISES = {
  counter: /^/,
  histogram: /_(bucket|sum|count)$/,
  summary: /_(sum|count)$/,
  gauge: /^$/,
} as const;

/** @param from where `GET /metrics` is answered */
export async function scrapeOf(from: http.RequestOptions): Promise<Scrape> {
  const body = await new Promise<string>((resolve, reject) => {
    http
      .get({ path: '/metrics', agent: false, ...from }, (response) => text(response).then(resolve, reject))
      .once('error', reject);
  });
  const values: Record<string, number> = {};
  const rising: Record<string, number> = {};
  let type: keyof typeof ONLY_RISES = 'gauge';
  for (const line of body.split('\n')) {
    const [, told] = /^# TYPE \S+ (\w+)$/.exec(line) ?? [];
    if (told) type = told as keyof typeof ONLY_RISES;
    if (line === '' || line.startsWith('#')) continue;
    const end = line.lastIndexOf(' ');
    const sample = line.slice(0, end);
    values[sample] = Number(line.slice(end + 1));
    if (ONLY_RISES[type].test(sample.replace(/\{.*/, ''))) rising[sample] = values[sample];
  }
  return { values, rising };
}

export const scrape = async (server: TestServer): Promise<Values> =>
  (await scrapeOf({ socketPath: await socketOf(server) })).values;
