import { existsSync } from 'node:fs';
import { join } from 'node:path';

const NAMES = ['js', 'mjs', 'cjs', 'ts', 'json'].map((extension) => `tshorn.config.${extension}`);

/** Every path that a config file in this directory may have. */
export const configFileNames = (directory: string): string[] => NAMES.map((name) => join(directory, name));

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
