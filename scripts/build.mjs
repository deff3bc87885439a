// Builds packages/tshorn/dist: four bundles of our own code (libraries stay dependencies), and the type
// declarations of the packages behind the public interface, so that the tarball stands alone.
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { build } from 'esbuild';
import { importConfigPackage, root } from './config-package.mjs';

const target = path.join(root, 'packages/tshorn');
const dist = path.join(target, 'dist');
fs.rmSync(dist, { recursive: true, force: true });

const { dependencies, version } = JSON.parse(fs.readFileSync(path.join(target, 'package.json'), 'utf8'));
const common = {
  absWorkingDir: target,
  outdir: 'dist',
  bundle: true,
  platform: 'node',
  format: 'esm',
  target: 'node20.19',
  external: Object.keys(dependencies),
  define: { TSHORN_VERSION: JSON.stringify(version) },
};
const bundle = (entryPoints) => build({ ...common, splitting: true, entryPoints });
await bundle({ cli: 'src/cli.ts', index: 'src/index.ts' });
// On its own, so that it shares no file with the master: each further file costs every start of every worker.
await bundle({ worker: '../worker/src/main.ts' });
await bundle({ 'worker-api': 'src/worker.ts' });
fs.chmodSync(path.join(dist, 'cli.js'), 0o755);
const { configSchema } = await importConfigPackage();
fs.writeFileSync(path.join(dist, 'config.schema.json'), `${JSON.stringify(configSchema(), null, 2)}\n`);
fs.copyFileSync(path.join(root, 'LICENSE'), path.join(target, 'LICENSE'));
fs.copyFileSync(path.join(root, 'README.md'), path.join(target, 'README.md'));

// Declarations: tsc emits each package's into one tree; the package names become relative paths in it.
execFileSync(
  process.execPath,
  [path.join(root, 'node_modules/typescript/bin/tsc'), '-p', 'tsconfig.types.json'],
  {
    cwd: target,
    stdio: 'inherit',
  },
);
const types = path.join(dist, 'types');
for (const file of fs.readdirSync(types, { recursive: true }).filter((name) => name.endsWith('.d.ts'))) {
  const full = path.join(types, file);
  const up = path.relative(path.dirname(full), types) || '.';
  const text = fs
    .readFileSync(full, 'utf8')
    .replaceAll(/(["'])@tshorn\/(\w+)\1/g, (_, quote, name) => `${quote}${up}/${name}/src/index.js${quote}`)
    .replaceAll(/(from |import\()(["'])(\.[^"']*)\.ts\2/g, '$1$2$3.js$2');
  fs.writeFileSync(full, text);
}
