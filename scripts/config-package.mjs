// Imports TypeScript of a package into a script: Node 20 does not strip types.
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'esbuild';

export const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');

/** @returns {Promise<typeof import('../packages/config/src/index.ts')>} */
export const importConfigPackage = () => importSource('config', 'index.ts');

/** @returns {Promise<typeof import('../packages/master/src/log-events.ts')>} */
export const importLogEvents = () => importSource('master', 'log-events.ts');

/** @returns {Promise<typeof import('../packages/master/src/metrics/markdown.ts')>} */
export const importMetrics = () => importSource('master', 'metrics/markdown.ts');

/** @returns {Promise<typeof import('../packages/doctor/src/markdown.ts')>} */
export const importDoctorFindings = () => importSource('doctor', 'markdown.ts');

/** @returns {Promise<typeof import('../packages/tshorn/src/commands/markdown.ts')>} */
export const importCommands = () => importSource('tshorn', 'commands/markdown.ts');

async function importSource(name, file) {
  // In the package's directory, where its libraries are found.
  const outfile = path.join(root, `packages/${name}/node_modules/.cache/${path.basename(file, '.ts')}.mjs`);
  await build({
    entryPoints: [path.join(root, `packages/${name}/src/${file}`)],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'esm',
    external: ['yargs-parser', 'fastest-levenshtein'],
    logLevel: 'error',
  });
  return import(`${pathToFileURL(outfile)}?${Date.now()}`);
}
