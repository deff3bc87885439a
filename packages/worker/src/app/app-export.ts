/** Finds the app among the exports of its module, or calls the exported function that makes it. */
import net from 'node:net';
import { TshornError } from '@tshorn/core';
import type { ModuleExports } from './import-module.ts';
import { adapt, type Context, type LoadedApp } from './kinds.ts';
import { missesArguments, noHandlerBySource } from './no-handler.ts';
import { describeValue, has, isClass, isEmpty } from './shape.ts';

export interface ExportContext extends Context {
  /** Resolves with true when the function may be called to make the app; with false, if the module has started by itself. */
  mayCall(factory: { readonly name: string }): Promise<boolean>;
}

/** A factory of a promise of a factory is followed; an endless chain is not. */
const MOST_STEPS = 5;

/** A value that is no app, in words that follow "app.js is no app:", and what to do about this one. */
export interface Found {
  readonly instead: string;
  readonly fix?: string;
  /** A server of a kind that cannot be served. */
  readonly foreign?: net.Server;
}

/** The app, or what was found instead: the module may still call listen(). */
export async function findApp(
  exports: ModuleExports,
  exportName: string | undefined,
  context: ExportContext,
): Promise<LoadedApp | Found> {
  let value = exportName === undefined ? mainExport(exports) : namedExport(exports, exportName);
  let made = 'it exports';
  for (let step = 0; step < MOST_STEPS; step++) {
    const app = await adapt(value, context);
    if (app) return app;
    const no = typeof value === 'function' && !isClass(value) ? noHandlerBySource(value) : undefined;
    if (no) return { instead: `${made} ${no.what}`, fix: no.fix };
    if (isPromise(value)) {
      value = await value;
      made = made === 'it exports' ? 'it exports a promise of' : made;
    } else if (typeof value === 'function' && !isClass(value)) {
      made = `its function ${value.name || '(anonymous)'} returned`;
      if (!(await context.mayCall(value as Factory))) break;
      value = call(value as Factory);
    } else break;
  }
  if (value instanceof net.Server) return { instead: `${made} a server`, foreign: value };
  if (isEmpty(value)) return { instead: 'it exports nothing' };
  const fix = fixOf(value);
  return { instead: `${made} ${describeValue(value)}`, ...(fix && { fix }) };
}

type Factory = (() => unknown) & { readonly name: string };

/** Calls a function that makes the app. */
function call(make: Factory): unknown {
  const explain = (thrown: unknown): never => {
    throw missesArguments(make, thrown) ?? thrown;
  };
  try {
    const made = make();
    return made instanceof Promise ? made.catch(explain) : made;
  } catch (thrown) {
    return explain(thrown);
  }
}

/** Advice for values that people export in place of an app. */
function fixOf(value: unknown): string | undefined {
  if (isClass(value)) return 'export what an instance of it serves with, or call its listen() in the module';
  if (typeof value !== 'object' || value === null) return undefined;
  const start = ['listen', 'start', 'serve', 'run', 'bootstrap'].find((name) => has(value, name));
  if (start) return `call its ${start}() in the module: what it listens with is served`;
  const maker = ['createServer', 'createApp', 'build', 'handler', 'app', 'server', 'default'].find(
    (name) => name in value,
  );
  return maker && `choose a named export with APP:${maker}`;
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
