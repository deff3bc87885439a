/** Ecosystem files of PM2 become config files that start and serve, or the command says what it left out. */
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Case, Expected } from './import-cases/expected.ts';
import { FORMS } from './import-cases/forms.ts';
import { KEYS } from './import-cases/keys.ts';
import { ask } from './support/load.ts';
import { cases, isLong } from './support/long.ts';
import { run } from './support/run.ts';
import { cli, endServers, fixture, startServer } from './support/server.ts';

let directory: string;
beforeEach(() => {
  directory = fs.realpathSync(fs.mkdtempSync(path.join(tmpdir(), 'tshorn-')));
  fs.cpSync(fixture('ecosystem'), directory, { recursive: true });
  installNext();
});
afterEach(async () => {
  await endServers();
  fs.rmSync(directory, { recursive: true });
});

/** A package with a command, as npm installs it. */
function installNext(): void {
  const bin = path.join(directory, 'node_modules/next/dist/bin');
  fs.mkdirSync(bin, { recursive: true });
  fs.mkdirSync(path.join(directory, 'node_modules/.bin'));
  fs.writeFileSync(path.join(bin, 'next'), "#!/usr/bin/env node\nrequire('../../../../server.js');\n");
  const json = JSON.stringify({ name: 'next', bin: { next: './dist/bin/next' } });
  fs.writeFileSync(path.join(directory, 'node_modules/next/package.json'), json);
  fs.symlinkSync('../next/dist/bin/next', path.join(directory, 'node_modules/.bin/next'));
}

function tshornImport(words: readonly string[], env: Readonly<Record<string, string>> = {}, cwd = directory) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [cli, 'import', ...words], {
    cwd,
    encoding: 'utf8',
    env: { ...process.env, NODE_ENV: undefined, PORT: undefined, ...env },
  });
  return { code: status, output: stdout, errors: stderr };
}

interface Report {
  readonly apps: readonly {
    readonly name: string;
    readonly file: string;
    readonly text: string;
    readonly refused?: string;
    readonly notes: readonly { readonly kind: string; readonly key: string; readonly text: string }[];
  }[];
  readonly notes: readonly { readonly key: string }[];
}

const SHORT = ['instances-negative', 'environments', 'npm-start', 'instance-variables', 'not-node'];

const labelOf = ({ file, args = [] }: Case) => [file, ...args].join(' ');
const isShort = ({ file, args }: Case) => args === undefined && SHORT.some((name) => file.startsWith(name));

describe('an ecosystem file', () => {
  test.each(cases([...FORMS, ...KEYS], isShort).map((one) => [labelOf(one), one] as const))(
    '%s',
    async (_, one) => {
      const { output, errors } = tshornImport([one.file, ...(one.args ?? []), '--json'], one.env);
      if (output === '') throw new Error(errors);
      const report: Report = JSON.parse(output);
      expect(report.apps.map(({ name }) => name)).toEqual(Object.keys(one.apps));
      expect(report.notes.map(({ key }) => key)).toEqual(one.general ?? []);
      for (const app of report.apps) {
        const expected = one.apps[app.name] as Expected;
        expect(app.refused ?? '').toMatch(expected.refused ?? /^$/);
        if (app.refused === undefined) await checkApp(app, expected, one.env);
      }
    },
  );
});

async function checkApp(app: Report['apps'][number], expected: Expected, env = {}): Promise<void> {
  const { has = [], hasNot = [], notes = {}, serves } = expected;
  for (const text of has) expect(app.text).toContain(text);
  for (const text of hasNot) expect(app.text).not.toContain(text);
  const found = Object.fromEntries(app.notes.map(({ key, kind }) => [key, kind]));
  expect(found).toMatchObject(notes);
  const named = Object.entries(found).filter(([key, kind]) => kind !== 'unneeded' && !(key in notes));
  expect(named).toEqual([]);
  expect(fs.readFileSync(path.join(directory, app.file), 'utf8')).toBe(app.text);
  if (!serves) return;
  const args = ['--bind', '127.0.0.1:0', '--config', app.file];
  const server = await startServer('--boot-nice=0', {
    bare: true,
    cwd: directory,
    args,
    env: { NODE_ENV: undefined, ...env },
  });
  const { status, body } = await ask({ port: server.port }, { path: '/' });
  expect(status).toBe(200);
  expect(JSON.parse(body)).toMatchObject(patterns(serves) as object);
  await server.end();
}

/** Regular expressions as matchers. */
function patterns(value: unknown): unknown {
  if (value instanceof RegExp) return expect.stringMatching(value);
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, patterns(inner)]));
}

if (!isLong) {
  test('a config file that exists stays as it is, and the others are written', () => {
    fs.writeFileSync(path.join(directory, 'tshorn.one.config.mjs'), 'mine');
    const { code, output } = tshornImport(['array.config.js']);
    expect({ code, output }).toEqual({
      code: 1,
      output: expect.stringContaining('tshorn.one.config.mjs is there already'),
    });
    expect(fs.readFileSync(path.join(directory, 'tshorn.one.config.mjs'), 'utf8')).toBe('mine');
    expect(output).toContain('start:   npx tshorn --config tshorn.two.config.mjs');
    expect(output.split('\n').filter((line) => line.length > 80)).toEqual([]);
  });

  test('--dry-run prints the files and writes none', () => {
    const before = fs.readdirSync(directory);
    const { code, output } = tshornImport(['minimal.config.js', '--dry-run']);
    expect({ code, output }).toEqual({
      code: 0,
      output: expect.stringContaining("  app: './server.js', // script"),
    });
    expect(fs.readdirSync(directory)).toEqual(before);
  });

  test.each([
    [['wrong-kind.config.js'], /got object \{"apps":"server.js"\}; expected an object with "apps"/],
    [['syntax-error.config.js'], /syntax-error\.config\.js:2: .*\n/],
    [['syntax-error.json'], /syntax-error\.json:2: Unexpected token/],
    [['process.yml'], /YAML is not read\n {2}fix: make JSON of it: npx js-yaml process\.yml > process\.json/],
    [['absent.config.js'], /there is no such file/],
    [[], /there is no ecosystem\.config\.js in/],
    [['array.config.js', '--only', 'twoo'], /has no such app; did you mean two\?/],
  ])('a file that cannot be imported is refused with the way out: %j', (words, message) => {
    const { code, errors } = tshornImport(words);
    expect({ code, errors }).toEqual({ code: 2, errors: expect.stringMatching(message) });
  });

  test('paths start where the command is typed, or else at the file, as under PM2', async () => {
    fs.mkdirSync(path.join(directory, 'deploy'));
    fs.renameSync(
      path.join(directory, 'minimal.config.js'),
      path.join(directory, 'deploy/minimal.config.js'),
    );
    const { output } = tshornImport(['deploy/minimal.config.js']);
    expect(output).toContain('start:   npx tshorn --config deploy/tshorn.server.config.mjs');
    const text = fs.readFileSync(path.join(directory, 'deploy/tshorn.server.config.mjs'), 'utf8');
    expect(text).toContain("cwd: '..', //");
  });

  test.each([
    ['as the config', ['--config', 'ecosystem.config.js'], 2],
    ['as the app', ['ecosystem.config.js'], 4],
  ])('an ecosystem file that is given %s is answered with what to type', async (_, words, code) => {
    fs.renameSync(path.join(directory, 'minimal.config.js'), path.join(directory, 'ecosystem.config.js'));
    const said = await run([...words, '--bind', '127.0.0.1:0'], { cwd: directory });
    expect(said).toEqual({
      code,
      text: expect.stringMatching(/type: tshorn import \S*ecosystem\.config\.js/),
    });
  });

  test('a command that is typed elsewhere writes beside the ecosystem file', () => {
    const { output } = tshornImport([path.join(directory, 'npm-start.config.js')], {}, tmpdir());
    const file = path.join(path.basename(directory), 'tshorn.web.config.mjs');
    expect(output).toContain(`start:   npx tshorn --config ${file}\n`);
    expect(fs.readFileSync(path.join(tmpdir(), file), 'utf8')).toContain("cwd: 'web', // cwd");
  });
}
