import { existsSync } from 'node:fs';
import { join } from 'node:path';

const NAMES = ['js', 'mjs', 'cjs', 'ts', 'json'].map((extension) => `tshorn.config.${extension}`);

/** The config file in a directory, and a warning when there are several. */
export function findConfigFile(directory: string): { file?: string; warnings: string[] } {
  const found = NAMES.filter((name) => existsSync(join(directory, name)));
  const [first, ...others] = found;
  if (first === undefined) return { warnings: [] };
  return {
    file: join(directory, first),
    warnings: others.map((name) => `${first} is the config file; ${name} beside it is not read`),
  };
}
