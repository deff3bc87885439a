/**
 * Loads the app as the main module of its process: `require.main`, `process.mainModule` and `import.meta.main` are those
 * of `node APP`. docs/decisions/main-module.md has the reasons.
 */
import { readFileSync } from 'node:fs';
import module from 'node:module';
import { dirname, extname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { types } from 'node:util';
import { importUrl } from '@tshorn/core';

export type ModuleExports = Readonly<Record<string, unknown>>;

/** Members of node:module since Node 0.x that its types leave out. */
const edge = module as unknown as {
  _extensions: Record<string, unknown>;
  _load(request: string, parent: null, isMain: true): unknown;
};

export async function importModule(file: string): Promise<ModuleExports> {
  if (!isRequireHooked(file)) return importAsMain(file);
  const exports = edge._load(file, null, true);
  if (types.isModuleNamespaceObject(exports)) return exports as unknown as ModuleExports;
  // An ES module behind a hook that left it alone: Node has begun to import it, and require() does not tell its exports.
  const untold = extname(file) === '.js' && Object.keys(exports ?? {}).length === 0;
  return untold && typeof exports === 'object' ? importAsMain(file) : { default: exports };
}

/**
 * Node takes an import() without a referrer for that of the entry point (`parentURL === undefined` in
 * lib/internal/modules/esm/translators.js), and code whose name is neither a path nor a URL is no referrer
 * (normalizeReferrerURL). `USE_MAIN_CONTEXT_DEFAULT_LOADER` of node:vm does the same, but prints a warning.
 */
function importAsMain(file: string): Promise<ModuleExports> {
  const { href } = pathToFileURL(file);
  const nameless = new module('tshorn') as { exports: unknown; _compile?(code: string, name: string): void };
  try {
    nameless._compile?.('module.exports = (url) => import(url)', 'tshorn');
  } catch {
    // A hook of the app's tools that takes every module for a file.
  }
  // The fallback loads the app too, but not as the main module.
  const importIt = typeof nameless.exports === 'function' ? nameless.exports : importUrl;
  return importIt(href);
}

/**
 * True where `node APP` would load the file by a hook in `require.extensions` (ts-node/register, @swc-node/register),
 * which import() does not ask.
 */
function isRequireHooked(file: string): boolean {
  const extension = extname(file);
  const hook = edge._extensions[extension];
  if (typeof hook !== 'function' || extension === '.node' || extension === '.json') return false;
  // The handlers of Node itself are written with its "primordials". It has none for TypeScript.
  if (/\bStringPrototype/.test(Function.prototype.toString.call(hook))) return false;
  // With these flags node asks the loader of ES modules for the entry point too.
  const flags = [...process.execArgv, process.env.NODE_OPTIONS ?? ''].join(' ');
  return !/(?:^|\s)--(?:import|loader|experimental-loader)\b/.test(flags) && !isEsm(file);
}

/** True for a file that Node takes for an ES module by its name or package. */
function isEsm(file: string): boolean {
  if (/\.m[jt]s$/.test(file)) return true;
  if (/\.c[jt]s$/.test(file)) return false;
  for (let at = dirname(file); ; at = dirname(at)) {
    try {
      return JSON.parse(readFileSync(join(at, 'package.json'), 'utf8')).type === 'module';
    } catch {
      // Not there, or not readable for Node either.
    }
    if (at === dirname(at)) return false;
  }
}
