/** Reads the error of a module that is not there, and finds the line that imports it, which Node leaves out for ES modules. */
import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { describeThrown } from '@tshorn/core';

export interface Missing {
  /** A file of the app, and no package. */
  readonly isPath: boolean;
  /** `/srv/app.mjs:3`, where it is imported by an ES module. */
  readonly importedAt?: string;
}

export function missingModule(error: unknown): Missing | undefined {
  const { code } = (error ?? {}) as { code?: unknown };
  if (code !== 'ERR_MODULE_NOT_FOUND' && code !== 'MODULE_NOT_FOUND') return undefined;
  const text = describeThrown(error);
  const name = /Cannot find (?:module|package) '([^']+)'/.exec(text)?.[1] ?? '';
  // A package whose main file is missing is not installed as a whole.
  const isPath = /^(?:[./]|file:)/.test(name) && !name.includes('/node_modules/');
  const importer = / imported from (\/.*)$/m.exec(text)?.[1];
  return { isPath, ...(importer !== undefined && { importedAt: `${importer}${lineOf(importer, name)}` }) };
}

/** `:3`: the first line that has the name in quotes, or the end of a path; empty where there is none. */
function lineOf(importer: string, name: string): string {
  try {
    const lines = readFileSync(importer, 'utf8').split('\n');
    const last = basename(name).replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
    const quoted = new RegExp(`['"\`](?:[^'"\`]*/)?${last}(?:/[^'"\`]*)?['"\`]`);
    const at = lines.findIndex((line) => quoted.test(line));
    return at === -1 ? '' : `:${at + 1}`;
  } catch {
    return '';
  }
}
