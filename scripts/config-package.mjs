// The config package as a script can import it: it is TypeScript, and Node 20 strips no types.
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'esbuild';

export const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');

/** @returns {Promise<typeof import('../packages/config/src/index.ts')>} */
export async function importConfigPackage() {
  // Within the package's directory, so that the libraries it imports are found.
  const outfile = path.join(root, 'packages/config/node_modules/.cache/config.mjs');
  await build({
    entryPoints: [path.join(root, 'packages/config/src/index.ts')],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'esm',
    external: ['yargs-parser', 'fastest-levenshtein'],
    logLevel: 'error',
  });
  return import(`${pathToFileURL(outfile)}?${Date.now()}`);
}
