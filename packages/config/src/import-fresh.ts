import { realpathSync } from 'node:fs';
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';
import { importUrl } from '@tshorn/core';

let imports = 0;

/**
 * Imports a script as if for the first time, so that a reload sees what the file says now. An ES module
 * is cached by its URL, query included; a CommonJS one by its path, with what it requires. What an ES
 * module imports in its turn stays cached: Node has no way to forget it.
 */
export async function importFresh(file: string): Promise<unknown> {
  const path = realpathSync(file);
  forget(path, createRequire(path).cache);
  imports += 1;
  const module = await importUrl(`${pathToFileURL(path).href}?tshorn=${imports}`);
  return module.default;
}

function forget(path: string, cache: NodeJS.Require['cache']): void {
  const module = cache[path];
  if (!module) return;
  delete cache[path];
  for (const { filename } of module.children) {
    if (!filename.includes('node_modules')) forget(filename, cache);
  }
}

/** Stacks and messages show the file as its author knows it. */
export const withoutQuery = (text: string): string => text.replace(/\?tshorn=\d+/g, '');
