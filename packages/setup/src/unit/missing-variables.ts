/** The variables that a config file and an app read, and that a service does not have. */
import fs from 'node:fs';
import { join, relative } from 'node:path';
import { parseEnv } from 'node:util';
import type { Resolved } from '@tshorn/config';
import { variablesRead } from './variables.ts';

/** Larger files are bundles, with the code of many libraries. */
const MOST_CHARS = 200_000;

/**
 * Reads the text of the two files alone, not of what they import.
 * @param has the variables that the service sets
 * @returns names, in the order of the text
 */
export function missingVariables(
  { config, file }: Resolved,
  appFile: string,
  has: ReadonlySet<string>,
): string[] {
  // The app of a package has its own documentation.
  const app = relative(config.cwd, appFile).includes('node_modules/') ? '' : textOf(appFile);
  const loadsEnv = /dotenv|loadEnvFile/.test(app);
  const files = [...config.envFile, ...(loadsEnv ? [join(config.cwd, '.env')] : [])];
  const inFiles = new Set(files.flatMap((each) => Object.keys(parseEnv(textOf(each)))));
  const read = [
    ...variablesRead(file === undefined ? '' : textOf(file)),
    ...variablesRead(app).filter((name) => !(name in (config.env ?? {}))),
  ];
  return [...new Set(read)].filter((name) => !has.has(name) && !inFiles.has(name));
}

/** Empty where the file cannot be read: the start reports it. */
function textOf(file: string): string {
  try {
    const text = fs.readFileSync(file, 'utf8');
    return text.length > MOST_CHARS ? '' : text;
  } catch {
    return '';
  }
}
