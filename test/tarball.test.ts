/** The packed tarball, installed in an empty directory without the workspace around it. */
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { ask } from './support/load.ts';
import { root } from './support/server.ts';

const MOST_PACKAGES = 45;

let directory: string;
let packed: string[];
const inDirectory = (...names: string[]): string => path.join(directory, ...names);
const exec = (file: string, args: string[], cwd = directory): string =>
  execFileSync(file, args, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });

/** An older build has left it. */
const LEFT = 'dist/chunk-OLDBUILD.js';

beforeAll(() => {
  writeFileSync(path.join(root, 'packages/tshorn', LEFT), '');
  directory = mkdtempSync(path.join(tmpdir(), 'tshorn-'));
  const [made] = JSON.parse(
    exec('npm', ['pack', '--json', '--pack-destination', directory], path.join(root, 'packages/tshorn')),
  ) as [{ filename: string; files: { path: string }[] }];
  packed = made.files.map((file) => file.path);
  writeFileSync(inDirectory('package.json'), '{ "private": true, "type": "module" }');
  exec('npm', ['install', '--no-audit', '--no-fund', `./${made.filename}`]);
  writeFileSync(inDirectory('app.mjs'), 'export default (request, response) => response.end("installed");');
});
afterAll(() => rmSync(directory, { recursive: true }));

test('holds what is built, a README, a LICENSE, the pages that log lines name, the files for Prometheus, the examples that pages link to, and nothing else', () => {
  expect(packed).toEqual(
    expect.arrayContaining([
      ...['LICENSE', 'README.md', 'package.json', 'dist/cli.js', 'docs/operating.md'],
      ...['prometheus.yml', 'alerts.yml', 'dashboard.json'].map((name) => `examples/monitoring/${name}`),
    ]),
  );
  const strays = packed.filter(
    (file) =>
      !/^(?:LICENSE|README\.md|package\.json|dist\/[\w./-]+\.(?:m?js|d\.ts|json)|dist\/licences\.txt|dist\/page\.html\.gz|docs\/[\w./-]+\.(?:md|svg|webp)|examples\/(?:monitoring|instances|live|systemd|hosts)\/[\w./-]+\.(?:md|yml|json|mjs|html|service|socket|ini|yaml|cfg|conf|hcl|sh)|examples\/rolling-restart\.sh)$/.test(
        file,
      ) || /^dist\/.*(?:\.test\.|testing\/)/.test(file),
  );
  expect(strays).toEqual([]);
  expect(packed).not.toContain(LEFT);
});

test('a link of a page leads to a file that is there, but for those to tests, benchmarks and photographs', () => {
  const home = inDirectory('node_modules/tshorn');
  const isElsewhere = (target: string) => /^(?:test|bench)(?:\/|$)|\.png$/.test(target);
  const dead = packed
    .filter((file) => file.endsWith('.md'))
    .flatMap((file) => {
      const text = readFileSync(path.join(home, file), 'utf8').replaceAll(/`[^`\n]*`/g, '');
      return [...text.matchAll(/\]\((?![a-z]+:|#)([^)\s#]+)/g)].map(([, target = '']) =>
        path.join(path.dirname(file), target),
      );
    })
    .filter((target) => !isElsewhere(target) && !existsSync(path.join(home, target)));
  expect([...new Set(dead)]).toEqual([]);
});

test('has the fields that a registry shows, and exports only what is there', () => {
  const manifest = JSON.parse(readFileSync(inDirectory('node_modules/tshorn/package.json'), 'utf8'));
  for (const field of ['name', 'version', 'description', 'license', 'keywords', 'bin', 'engines']) {
    expect(manifest[field]).toBeTruthy();
  }
  const targets = Object.values(manifest.exports).flatMap((target) =>
    typeof target === 'string' ? target : Object.values(target as object),
  );
  for (const target of targets)
    expect([target, existsSync(inDirectory('node_modules/tshorn', target))]).toEqual([target, true]);
});

test(`brings at most ${MOST_PACKAGES} packages`, () => {
  const installed = exec('npm', ['ls', '--all', '--parseable', '--omit=dev']).trim().split('\n');
  // The first is the directory itself.
  expect(installed.length - 1).toBeLessThanOrEqual(MOST_PACKAGES);
});

interface Library {
  readonly name: string;
  readonly version: string;
  readonly licence: string;
}
const dist = (name: string): string => inDirectory('node_modules/tshorn/dist', name);
const read = (name: string): string => readFileSync(dist(name), 'utf8');

test('every library in the bundle is listed with its version and licence', () => {
  const told = JSON.parse(exec(process.execPath, [dist('cli.js'), '--version', '--json']));
  expect(told).toMatchObject({
    version: exec(process.execPath, [dist('cli.js'), '--version']).trim(),
    node: process.version,
  });
  const bundled = told.bundled as Library[];
  // The bundler names the files of CommonJS libraries; those of others leave no trace but their place in a package.json.
  const code = packed.filter((file) => /^dist\/[^/]*\.js$/.test(file)).map((file) => path.basename(file));
  const inCode = code.flatMap((file) =>
    [
      ...read(file)
        .replaceAll('\\\n', '')
        .matchAll(/"[^"\n]*node_modules\/((?:@[^/"]+\/)?[^/"]+)\/[^"\n]+"\(/g),
    ].map(([, name]) => name),
  );
  const wanted = ['config', 'master', 'setup', 'doctor', 'tshorn'].flatMap((name) => {
    const manifest = JSON.parse(readFileSync(path.join(root, `packages/${name}/package.json`), 'utf8'));
    const libraries = name === 'tshorn' ? manifest.devDependencies : manifest.dependencies;
    return Object.keys(libraries).filter((library) => !/^@(types|tshorn)\//.test(library));
  });
  expect(wanted).toEqual(expect.arrayContaining(['pino', 'undici', 'yargs', 'yargs-parser']));
  expect(inCode).toEqual(expect.arrayContaining(['pino', 'undici']));
  expect(bundled.map(({ name }) => name)).toEqual(expect.arrayContaining([...wanted, ...inCode]));
  for (const { name, version, licence } of bundled) {
    expect([name, version]).toEqual([name, expect.stringMatching(/^\d+\.\d+\.\d+/)]);
    expect(read('licences.txt')).toContain(`${name} ${version} (${licence})\n`);
  }
});

test('a server and its workers load neither undici nor yargs, which are for the commands', () => {
  const seen = new Set<string>();
  const visit = (file: string) => {
    // Commands, and what a shell is told of them, are behind these.
    if (seen.has(file) || /^(?:run|answer)-\w+\.js$/.test(file)) return;
    seen.add(file);
    // A program holds the modules of its start in one script.
    const isFile = packed.includes(`dist/${file}`);
    for (const [, next] of isFile ? read(file).matchAll(/"\.\/([\w.-]+\.m?js)"/g) : []) visit(next as string);
  };
  const entries = ['cli.js', 'cli-start.js', 'index.mjs', 'worker.js', 'worker-start.js', 'worker-api.mjs'];
  for (const entry of entries) visit(entry);
  const holds = (file: string) => /node_modules\/undici\/|Not enough non-option arguments/.test(read(file));
  expect([...seen].filter((file) => packed.includes(`dist/${file}`)).filter(holds)).toEqual([]);
  // The words are those that tell.
  const all = packed.filter((file) => /^dist\/[^/]*\.js$/.test(file)).map((file) => path.basename(file));
  expect(all.filter(holds).length).toBeGreaterThanOrEqual(2);
});

test('npx tshorn serves, and stops', async () => {
  // With a hook that runs in the worker: it is loaded by another way than all the rest.
  writeFileSync(inDirectory('tshorn.config.mjs'), 'export default { hooks: { postFork() {} } };');
  const args = ['tshorn', 'app.mjs', '--bind', '127.0.0.1:0', '--workers', '1', '--log-format', 'json'];
  const server = spawn('npx', args, { cwd: directory, stdio: ['ignore', 'ignore', 'pipe'] });
  const ended = once(server, 'close');
  let port = 0;
  let master = 0;
  for await (const line of createInterface({ input: server.stderr })) {
    if (!line.startsWith('{"level"')) continue;
    const told = JSON.parse(line);
    if (told.event === 'listening') ({ port, master } = told);
    if (told.event === 'started') break;
  }
  expect((await ask({ port }, { path: '/', agent: false })).body).toBe('installed');
  process.kill(master, 'SIGTERM');
  expect((await ended)[0]).toBe(0);
});

test.each(['ws', 'graphql-ws', 'socket.io'])(
  'an app can import tshorn/%s, and needs no library for it',
  (name) => {
    writeFileSync(
      inDirectory('survives.mjs'),
      `import { survive } from 'tshorn/${name}';\nconsole.log(typeof survive);`,
    );
    expect(exec(process.execPath, ['survives.mjs'])).toBe('function\n');
  },
);

test('an app can import tshorn/worker, inside of tshorn or not, and the same from tshorn', () => {
  writeFileSync(
    inDirectory('worker.mjs'),
    [
      "import * as all from 'tshorn';",
      "import * as worker from 'tshorn/worker';",
      'const missing = Object.keys(worker).filter((name) => !(name in all));',
      'console.log(worker.worker.active, worker.worker === all.worker, missing.length);',
    ].join('\n'),
  );
  expect(exec(process.execPath, ['worker.mjs'])).toBe('false true 0\n');
});

test('its types hold in a config file', () => {
  writeFileSync(
    inDirectory('tshorn.config.ts'),
    [
      "import type { ServerResponse } from 'node:http';",
      "import { defineConfig, moved as movedStream, type Server, start, stay, surviveStream, worker as same } from 'tshorn';",
      "import { worker } from 'tshorn/worker';",
      "worker.on('drain', ({ deadline }) => deadline.toFixed());",
      "import { moved, survive } from 'tshorn/ws';",
      "import { survive as surviveGraphql } from 'tshorn/graphql-ws';",
      "import { survive as surviveSocketIo, type SurviveSocketIoOptions } from 'tshorn/socket.io';",
      "export const ticks = surviveStream('ticks', (stream, { n }: { n: number }) => {",
      "  stream.once('close', () => movedStream(stream) || stay(stream.req.socket));",
      '  return () => ({ n: n + same.slot });',
      '});',
      'export const begin = (response: ServerResponse): void => ticks(response, { n: 0 });',
      '// @ts-expect-error the function is async',
      "surviveStream('async', async (stream, { n }: { n: number }) => () => ({ n }));",
      'export const survivals = [moved, survive, surviveGraphql, surviveSocketIo];',
      'export const bounded: SurviveSocketIoOptions = { maxState: 1_000 };',
      'export const embedded = async (): Promise<Server> => start({ workers: 2 });',
      "export const right = defineConfig({ workers: 2, grace: '30s', hooks: { postFork: ({ slot }) => void slot.toFixed() } });",
      "export const ranges = [defineConfig({ workers: '2..8' }), defineConfig({ workers: '2..auto' }), defineConfig({ workers: 'auto' })];",
      '// @ts-expect-error workers is a number, a range or auto',
      "export default defineConfig({ workers: 'many' });",
    ].join('\n'),
  );
  writeFileSync(
    inDirectory('tsconfig.json'),
    JSON.stringify({
      compilerOptions: {
        strict: true,
        noEmit: true,
        module: 'nodenext',
        target: 'es2023',
        types: ['node'],
        typeRoots: [path.join(root, 'node_modules/@types')],
      },
      files: ['tshorn.config.ts'],
    }),
  );
  const compile = () =>
    exec(process.execPath, [path.join(root, 'node_modules/typescript/bin/tsc'), '-p', '.']);
  expect(compile).not.toThrow();
});
