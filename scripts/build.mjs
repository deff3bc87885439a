// Builds packages/tshorn/dist: bundles of our code with its libraries, and the type declarations of the packages
// behind the public interface. docs/decisions/bundled-libraries.md says why the tarball has no dependencies.
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { build } from 'esbuild';
import { importConfigPackage, root } from './config-package.mjs';
import { librariesOf, licencesText } from './licences.mjs';
import { compressed, pageOf } from './page.mjs';
import { ownImport, writeProgram } from './program.mjs';
import { undiciParts } from './undici-parts.mjs';

const target = path.join(root, 'packages/tshorn');
const dist = path.join(target, 'dist');
fs.rmSync(dist, { recursive: true, force: true });

// The page of the admin listener: the master reads it when a browser asks for it.
const page = await pageOf(target);
fs.mkdirSync(dist);
fs.writeFileSync(path.join(dist, 'page.html.gz'), compressed(page.html));

const { version } = JSON.parse(fs.readFileSync(path.join(target, 'package.json'), 'utf8'));
const define = { TSHORN_VERSION: JSON.stringify(version), PAGE_POLICY: JSON.stringify(page.policy) };
const modules = { outExtension: { '.js': '.mjs' } };
const bundle = (entryPoints, more = {}) =>
  build({
    absWorkingDir: target,
    entryPoints,
    outdir: 'dist',
    bundle: true,
    splitting: true,
    platform: 'node',
    format: 'esm',
    target: 'node20.19',
    define,
    // Node keeps the source of every module: without white space the master needs 1 MB less. Names stay, for stacks.
    minifyWhitespace: true,
    minifySyntax: true,
    lineLimit: 160,
    metafile: true,
    ...more,
  });

const program = { write: false, plugins: [undiciParts, ownImport] };
const workerBuilt = await bundle({ 'worker-main': '../worker/src/main.ts' }, program);
const WORKER_PROGRAM = JSON.stringify(
  await writeProgram(workerBuilt, { dist, name: 'worker', entry: 'worker-main.js', always: /^runtime-/ }),
);
const cliBuilt = await bundle(
  { 'cli-main': 'src/cli.ts' },
  { ...program, define: { ...define, WORKER_PROGRAM } },
);
const PROGRAM = JSON.stringify(
  await writeProgram(cliBuilt, {
    dist,
    name: 'cli',
    entry: 'cli-main.js',
    always: /^(?:pino|control)-[A-Z\d]+\./,
  }),
);
const entry = { format: 'cjs', splitting: false, define: { ...define, PROGRAM } };
// Libraries are CommonJS and require() Node's modules; an ES module has no require.
const banner = {
  js: "import { createRequire as $r } from 'node:module'; const require = $r(import.meta.url);",
};
const built = [
  workerBuilt,
  cliBuilt,
  await bundle({ cli: 'src/entry.ts', worker: '../worker/src/entry.ts' }, entry),
  await bundle(
    { index: 'src/index.ts' },
    { ...modules, banner, plugins: [undiciParts], define: { ...define, WORKER_PROGRAM } },
  ),
  await bundle(
    {
      'worker-api': 'src/worker.ts',
      ws: 'src/ws.ts',
      'graphql-ws': 'src/graphql-ws.ts',
      'socket.io': 'src/socket.io.ts',
    },
    modules,
  ),
];
// The entry points and the files of the programs are CommonJS, which begins faster; what is imported is in *.mjs.
fs.writeFileSync(path.join(dist, 'package.json'), '{ "type": "commonjs" }\n');
fs.chmodSync(path.join(dist, 'cli.js'), 0o755);

const inputs = [...built, page].flatMap(({ metafile }) => Object.keys(metafile.inputs));
const libraries = librariesOf(inputs, target);
fs.writeFileSync(path.join(dist, 'licences.txt'), licencesText(libraries));
// `tshorn --version --json` prints it.
const bundled = libraries.map(({ name, version, licence }) => ({ name, version, licence }));
fs.writeFileSync(path.join(dist, 'bundled.json'), `${JSON.stringify(bundled, null, 2)}\n`);
const { configSchema } = await importConfigPackage();
fs.writeFileSync(path.join(dist, 'config.schema.json'), `${JSON.stringify(configSchema(), null, 2)}\n`);

/** Path of the declarations of `@tshorn/NAME/AT` in the tree of all declarations. */
function fileOf(name, at) {
  const { exports } = JSON.parse(fs.readFileSync(path.join(root, 'packages', name, 'package.json'), 'utf8'));
  return path.posix.join(name, exports[`./${at}`].replace(/\.ts$/, '.js'));
}

// tsc emits the declarations of all packages into one tree, in which package names become relative paths.
execFileSync(
  process.execPath,
  [path.join(root, 'node_modules/typescript/bin/tsc'), '-p', 'tsconfig.types.json'],
  { cwd: target, stdio: 'inherit' },
);
const types = path.join(dist, 'types');
fs.writeFileSync(path.join(types, 'package.json'), '{ "type": "module" }\n');
for (const file of fs.readdirSync(types, { recursive: true }).filter((name) => name.endsWith('.d.ts'))) {
  const full = path.join(types, file);
  const up = path.relative(path.dirname(full), types) || '.';
  const text = fs
    .readFileSync(full, 'utf8')
    .replaceAll(
      /(["'])@tshorn\/([\w.-]+)\1/g,
      (_, quote, name) => `${quote}${up}/${name}/src/index.js${quote}`,
    )
    .replaceAll(
      /(["'])@tshorn\/([\w.-]+)\/([\w.-]+)\1/g,
      (_, quote, name, at) => `${quote}${up}/${fileOf(name, at)}${quote}`,
    )
    .replaceAll(/(from |import\()(["'])(\.[^"']*)\.ts\2/g, '$1$2$3.js$2');
  fs.writeFileSync(full, text);
}

// turbo restores these beside what an older build has left, which pack-files.mjs removes.
const names = fs.readdirSync(dist, { recursive: true }).sort();
fs.writeFileSync(path.join(target, 'built-files.json'), `${JSON.stringify(names, null, 2)}\n`);
