/** Finds the app among the exports of its module, or calls the exported function that makes it. */
import { TshornError } from '@tshorn/core';
import type { ModuleExports } from './import-module.ts';
import { adapt, type Context, describeValue, isClass, type LoadedApp } from './kinds.ts';

export interface ExportContext extends Context {
  /** Resolves when the function may be called to make the app; never, if the module has started by itself. */
  mayCall(factory: { readonly name: string }): Promise<void>;
}

/** A factory of a promise of a factory is followed; an endless chain is not. */
const MOST_STEPS = 5;

/** The app, or a description of the value that was found instead: the module may still call listen(). */
export async function findApp(
  exports: ModuleExports,
  exportName: string | undefined,
  context: ExportContext,
): Promise<LoadedApp | { readonly instead: string }> {
  let value = exportName === undefined ? mainExport(exports) : namedExport(exports, exportName);
  let made = 'it exports';
  for (let step = 0; step < MOST_STEPS; step++) {
    const app = await adapt(value, context);
    if (app) return app;
    if (isPromise(value)) {
      value = await value;
      made = made === 'it exports' ? 'it exports a promise of' : made;
    } else if (typeof value === 'function' && !isClass(value)) {
      made = `its function ${value.name || '(anonymous)'} returned`;
      await context.mayCall(value as { readonly name: string });
      value = value();
    } else break;
  }
  return { instead: isEmpty(value) ? 'it exports nothing' : `${made} ${describeValue(value)}` };
}

/** `export default`, `module.exports`, `exports.default` of a compiled module, or `export function fetch`. */
function mainExport(exports: ModuleExports): unknown {
  const main = exports.default;
  if (main === undefined) return exports;
  const compiled = main as { __esModule?: unknown; default?: unknown };
  return compiled?.__esModule && compiled.default !== undefined ? compiled.default : main;
}

function namedExport(exports: ModuleExports, name: string): unknown {
  // import() shows only those names of a CommonJS module that Node's lexer can find.
  const main = exports.default as Record<string, unknown> | undefined;
  const value = name in exports ? exports[name] : main?.[name];
  if (value !== undefined) return value;
  const names = Object.keys(typeof main === 'object' ? { ...main, ...exports } : exports);
  throw new TshornError('ERR_APP_KIND', `app: there is no export "${name}"`, {
    fix: names.length > 0 ? `it exports ${names.join(', ')}` : 'it exports nothing at all',
  });
}

const isPromise = (value: unknown): value is PromiseLike<unknown> =>
  typeof (value as PromiseLike<unknown> | undefined)?.then === 'function';

/** True for the exports of a module without exports: its namespace, or the first `module.exports`. */
const isEmpty = (value: unknown): boolean =>
  typeof value === 'object' &&
  value !== null &&
  Object.keys(value).length === 0 &&
  [null, Object.prototype].includes(Object.getPrototypeOf(value));
