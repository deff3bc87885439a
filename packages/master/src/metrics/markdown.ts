/** The table of docs/metrics.md, from the families themselves. `npm run docs` writes it. */
import { exampleFacts } from './example-facts.ts';
import { familiesOf } from './families.ts';
import type { Family } from './family.ts';

export function metricsMarkdown(): string {
  const rows = familiesOf(exampleFacts()).map((family) => {
    const labels = labelsOf(family).map((label) => `\`${label}\``);
    return `| \`${family.name}\` | ${family.type} | ${labels.join(', ')} | ${family.help} |`;
  });
  return ['| name | type | labels | content |', '|---|---|---|---|', ...rows].join('\n');
}

const labelsOf = ({ points }: Family): string[] => [
  ...new Set(points.flatMap(({ labels }) => Object.keys(labels))),
];
