/** Keeps the result of each package for each Node, for the table that scripts/real-table.mjs writes. */
import fs from 'node:fs';
import path from 'node:path';
import { root } from '../../support/server.ts';
import type { RealPackage } from './real-package.ts';
import type { Trial } from './trial.ts';

export interface Result {
  readonly versions: readonly string[];
  readonly trial?: Omit<Trial, 'output'>;
  readonly error?: string;
}

export function record(
  { name }: RealPackage,
  { versions, trial, error }: { versions: string[]; trial?: Trial; error?: string },
): void {
  const major = process.versions.node.split('.')[0];
  const directory = path.join(root, 'node_modules/.cache/real-results', `node-${major}`);
  fs.mkdirSync(directory, { recursive: true });
  const { output: _, ...rest } = trial ?? { output: '' };
  const result = {
    node: process.versions.node,
    versions,
    error: error?.slice(0, 2_000),
    ...(trial && { trial: rest }),
  };
  fs.writeFileSync(path.join(directory, `${name}.json`), `${JSON.stringify(result, null, 2)}\n`);
}
