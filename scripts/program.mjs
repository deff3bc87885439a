// Makes a program of the modules that esbuild has bundled: one script with those that every start needs, as functions, and a
// file for each of the others. packages/core/src/program.ts runs it.
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { transform } from 'esbuild';

/** The import() of the entry point stands in for that of node:vm: packages/core/src/import-url.ts. */
export const ownImport = {
  name: 'own-import',
  setup: (build) =>
    build.onLoad({ filter: /\/core\/src\/import-url\.ts$/ }, () => ({
      contents: 'export const importUrl = $import;',
    })),
};

/**
 * Writes the files of a program to `dist`.
 * @param {import('esbuild').BuildResult} built of one entry point, unwritten, in ES modules
 * @param {{dist: string, name: string, entry: string, always: RegExp}} program `entry`: the name of its bundle; `always`:
 * the names of bundles that are imported later, but at every start
 * @returns {Promise<string>} the name of the program, with the version of its text
 */
export async function writeProgram({ outputFiles, metafile }, { dist, name, entry, always }) {
  const texts = new Map(outputFiles.map((file) => [path.basename(file.path), file.text]));
  const outputs = new Map(Object.entries(metafile.outputs).map(([at, info]) => [path.basename(at), info]));
  const start = new Set();
  const visit = (file) => {
    if (start.has(file)) return;
    start.add(file);
    for (const { path: next, kind } of outputs.get(file)?.imports ?? []) {
      const isEager = kind === 'import-statement' || always.test(path.basename(next));
      if (isEager && texts.has(path.basename(next))) visit(path.basename(next));
    }
  };
  visit(entry);
  const bodies = [];
  for (const [file, text] of texts) {
    const body = `function(module,exports,require,$import,$url){${await commonJs(text)}\n}`;
    if (start.has(file)) bodies.push(`${JSON.stringify(file)}:${body}`);
    else fs.writeFileSync(path.join(dist, file), `(${body})`);
  }
  const script = `({${bodies.join(',\n')}})`;
  fs.writeFileSync(path.join(dist, `${name}-start.js`), script);
  return `${name}-${createHash('sha256').update(script).digest('hex').slice(0, 12)}`;
}

/** The text of an ES module as the body of a function. */
async function commonJs(text) {
  const { code } = await transform(text, {
    format: 'cjs',
    platform: 'node',
    target: 'node20.19',
    // Takes the default of a module of CommonJS for all of it, as Node does.
    sourcefile: 'module.mjs',
    define: { 'import.meta.url': '$url' },
    minifyWhitespace: true,
    minifySyntax: true,
    lineLimit: 160,
    logLevel: 'error',
  });
  return code
    .replace(/\b__toESM\(require\("(node:[\w/]+)"\),1\)/g, '$own(require("$1"))')
    .replace(/\bimport\(("\.\/[\w.-]+\.js")\)/g, 'Promise.resolve().then(()=>require($1))')
    .replace(/\bimport\("node:/g, '$import("node:')
    .replace(/^/, 'const $own=(m)=>Object.create(m,{default:{value:m}});');
}
