/**
 * Sees the CommonJS files that the app loads, without loading any. An ES module that imports a CommonJS library is seen
 * as well; a copy within a bundle is not, and neither is an ES module.
 *
 * `Module._extensions` is `require.extensions` (https://nodejs.org/api/modules.html#requireextensions). It is called once
 * for each file, also for an `import` of a CommonJS module. The tracing channel `module.require` would tell the same, but
 * costs two microseconds for each call of require() on Node 22, and Node 20 has none. Where a Node has no such table,
 * nothing is seen.
 */
import Module from 'node:module';

type Load = (this: unknown, module: { readonly exports: unknown }, file: string, ...rest: unknown[]) => void;

interface Loader {
  readonly _extensions?: Record<string, Load>;
  readonly _cache?: Record<string, { readonly exports: unknown } | undefined>;
}

/**
 * Calls `found` with what each of the files exports, once it has been loaded: those that a preload of the user has loaded
 * before, too. To be called before the app is loaded.
 */
export function onLoaded(wanted: RegExp, found: (exported: unknown) => void): void {
  const { _extensions: extensions, _cache: cache = {} } = Module as unknown as Loader;
  for (const [file, module] of Object.entries(cache)) if (wanted.test(file)) found(module?.exports);
  const load = extensions?.['.js'];
  if (!extensions || typeof load !== 'function') return;
  extensions['.js'] = function (this: unknown, module, file, ...rest) {
    Reflect.apply(load, this, [module, file, ...rest]);
    if (wanted.test(file)) found(module.exports);
  };
}
