import { exampleFacts } from './example-facts.ts';
import { familiesOf } from './families.ts';
import { metricsMarkdown } from './markdown.ts';
import { prometheusText } from './prometheus.ts';

const families = familiesOf(exampleFacts());

test('every metric has data in the example that docs/metrics.md is made of', () => {
  expect(families.filter(({ points }) => points.length === 0).map(({ name }) => name)).toEqual([]);
  for (const { name } of families) expect(metricsMarkdown()).toContain(`| \`${name}\` |`);
});

test('every name is written once, and that of a counter ends with _total, as Prometheus wants it', () => {
  const names = families.map(({ name }) => name);
  expect(new Set(names).size).toBe(names.length);
  for (const { name, type } of families)
    expect([name, name.endsWith('_total')]).toEqual([name, type === 'counter']);
});

test('a worker is named by its slot, and nothing by a pid', () => {
  const text = prometheusText(families);
  expect(text).toContain('http_server_active_requests{worker="0"} 1\n');
  expect(text).not.toMatch(/pid/);
});
