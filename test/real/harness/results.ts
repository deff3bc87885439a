/** Keeps the result of each package for each Node, for the table that scripts/real-table.mjs writes. */
import fs from 'node:fs';
import path from 'node:path';
import { root } from '../../support/server.ts';
import type { RealPackage } from './real-package.ts';
import type { Trial } from './trial.ts';

interface Outcome {
  readonly versions: readonly string[];
  /** The reason why the package does not run here. */
  readonly skipped?: string;
  readonly error?: string;
  readonly trial?: Trial;
}

export function record({ name }: RealPackage, outcome: Outcome): void {
  const major = process.versions.node.split('.')[0];
  const directory = path.join(root, 'node_modules/.cache/real-results', `node-${major}`);
  fs.mkdirSync(directory, { recursive: true });
  const result = { node: process.versions.node, ...outcome };
  const text = JSON.stringify(result, (key, value) => (key === 'output' ? undefined : value), 2);
  fs.writeFileSync(path.join(directory, `${name}.json`), `${text}\n`);
}
