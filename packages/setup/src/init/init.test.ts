import fs from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { initProject } from './init.ts';

let cwd: string;
beforeEach(() => {
  cwd = fs.realpathSync(fs.mkdtempSync(path.join(tmpdir(), 'tshorn-')));
});
afterEach(() => fs.rmSync(cwd, { recursive: true }));

function write(files: Readonly<Record<string, string | object>>): void {
  for (const [name, content] of Object.entries(files)) {
    const file = path.join(cwd, name);
    fs.mkdirSync(path.dirname(file), { recursive: true });
    fs.writeFileSync(file, typeof content === 'string' ? content : JSON.stringify(content));
  }
}

const said: string[] = [];
beforeEach(() => said.splice(0));
const say = (line: string) => void said.push(line);

async function init(more: { app?: string; answers?: string[]; stripsTypes?: boolean } = {}) {
  const { app, answers, stripsTypes = true } = more;
  const ask = answers && (async () => answers.shift() ?? '');
  const made = await initProject({ cwd, app, stripsTypes, ask, say });
  const text = made.files[0]?.text ?? '';
  /** The options that are set, without comments. */
  const options = text
    .split('\n')
    .filter((line) => /^ {2}\w/.test(line))
    .map((line) => line.trim());
  return { ...made, text, options, name: made.files[0]?.name };
}

describe('the app is found', () => {
  it('in npm start, with the options of Node, the variables and the arguments', async () => {
    write({
      'package.json': {
        scripts: { start: 'NODE_ENV=production node --import tsx --env-file=.env src/server.ts --fast' },
      },
      'src/server.ts': '',
    });
    expect((await init()).options).toEqual([
      "app: 'src/server.ts',",
      "appArgs: ['--fast'],",
      "nodeOptions: '--import tsx',",
      "env: { NODE_ENV: 'production' },",
      "envFile: ['.env'],",
    ]);
  });

  it('in the command of a framework', async () => {
    write({
      'package.json': { dependencies: { next: '16' }, scripts: { start: 'next start' } },
      'node_modules/next/package.json': { name: 'next', bin: { next: 'dist/bin/next' } },
      'node_modules/next/dist/bin/next': '#!/usr/bin/env node\n',
    });
    expect((await init()).options).toEqual(["app: 'next',", "appArgs: ['start'],"]);
    expect(said[0]).toBe('found: Next.js');
  });

  it.each([
    ['@sveltejs/kit', "app: 'build',"],
    ['nuxt', "app: '.output/server/index.mjs',"],
    ['@nestjs/core', "app: 'dist/main.js',"],
  ])('where the build of %s puts it', async (dependency, line) => {
    write({ 'package.json': { dependencies: { [dependency]: '1' } } });
    const { options, warnings } = await init();
    expect(options).toEqual([line]);
    expect(warnings).toEqual([expect.stringContaining('build before the start')]);
  });

  it.each(['server.js', 'app.mjs', 'src/index.ts', 'lib/main.js'])('by its name, %s', async (name) => {
    write({ 'package.json': { main: 'lib/main.js' }, [name]: '' });
    expect((await init()).options).toEqual([`app: '${name}',`]);
  });

  it.each([
    ['app.js', 'export const app = express();', 'app.js:app'],
    ['server.ts', 'const server = createServer();\nexport { server };', 'server.ts:server'],
    ['app.cjs', 'exports.app = express();', 'app.cjs:app'],
    ['app.js', 'module.exports = { db, app };', 'app.js:app'],
    ['app.js', '// export default app\nexport function createApp() {}', 'app.js:createApp'],
    ['app.js', 'export const app = express();\nexport default app;', 'app.js'],
    ['app.js', 'export const app = express();\napp.listen(3000);', 'app.js'],
    ['app.js', 'const app = express();\nmodule.exports = app;\nmodule.exports.app = app;', 'app.js'],
    ['app.js', 'export const application = 1;', 'app.js'],
  ])('%s by the export that can be served: %s', async (file, source, app) => {
    write({ [file]: source });
    expect((await init()).options[0]).toBe(`app: '${app}',`);
    fs.rmSync(path.join(cwd, 'tshorn.config.mjs'));
    expect((await init({ app: file })).options[0]).toBe(`app: '${app}',`);
    fs.rmSync(path.join(cwd, 'tshorn.config.mjs'));
    expect((await init({ app: app })).options[0]).toBe(`app: '${app}',`);
  });

  it.each([
    ["import express from 'express';", ['found: Express']],
    ["const fastify = require('fastify')();", ['found: Fastify']],
    ["import { app } from './app.js';", []],
  ])('and of two frameworks the one that it imports: %s', async (source, found) => {
    write({ 'package.json': { dependencies: { express: '5', fastify: '5' } }, 'server.js': source });
    await init();
    expect(said).toEqual(found);
  });

  it('or is named', async () => {
    write({ 'server.js': '', 'web.js': '' });
    expect((await init({ app: 'web.js' })).options).toEqual(["app: 'web.js',"]);
    fs.rmSync(path.join(cwd, 'tshorn.config.mjs'));
    await expect(init({ app: 'nope.js' })).rejects.toMatchObject({ exitCode: 4 });
  });

  it('or the command fails, and says what to type', async () => {
    await expect(init()).rejects.toMatchObject({ exitCode: 4, fix: 'name it: tshorn init APP' });
  });
});

describe('the address', () => {
  it.each([
    ['app.listen(process.env.PORT || 3000);', 3000],
    ["const port = process.env.PORT ?? '4000'; app.listen(port)", 4000],
    ['app.listen(5000)', 5000],
    ['app.listen({ port: 6000 })', 6000],
    ['const port = Number(process.env.PORT) || 7000', 7000],
  ])('is that of the app: %s', async (source, port) => {
    write({ 'server.js': source });
    // biome-ignore lint/suspicious/noTemplateCurlyInString: the text of the config file
    const rest = '`:${process.env.PORT}`';
    expect((await init()).options[1]).toBe(`bind: process.env.PORT ? ${rest} : '127.0.0.1:${port}',`);
  });
});

it('a path that looks like a health check is the status path', async () => {
  write({ 'server.js': "app.get('/healthz', ok); app.listen(port)" });
  expect((await init()).options).toContain("statusPath: '/healthz',");
});

describe('a person is asked', () => {
  it('for three things, and an empty answer takes what was found', async () => {
    write({ 'server.js': 'app.listen(3000)' });
    expect((await init({ answers: ['', '', ''] })).options).toHaveLength(2);
  });

  it('again after an answer that cannot be', async () => {
    write({ 'server.js': '', 'web.js': '' });
    const answers = ['nope.js', 'web.js', 'here', ':9000', 'status', '/ok'];
    const { options } = await init({ answers });
    expect(options).toEqual(["app: 'web.js',", expect.stringContaining("':9000'"), "statusPath: '/ok',"]);
    expect(said.join('\n')).toMatch(/cannot find "nope.js".*not an address.*expected a path/s);
  });
});

it('the file as a whole', async () => {
  write({ 'package.json': { type: 'module' }, 'server.js': "app.get('/healthz'); app.listen(3000)" });
  const { text, name, next } = await init();
  expect(name).toBe('tshorn.config.mjs');
  expect(text).toMatchInlineSnapshot(`
"// How tshorn serves this app. \`tshorn --help\` lists all options.
// The command line and the environment (TSHORN_WORKERS=4) win over this file.

/** @type {import('tshorn').UserConfig} */
export default {
  // The file to serve; :NAME picks a named export.
  app: 'server.js',

  // The address to listen on: HOST:PORT, :PORT, [IPV6]:PORT, unix:PATH or
  // systemd:NAME; repeatable.
  bind: process.env.PORT ? \`:\${process.env.PORT}\` : '127.0.0.1:3000',

  // The number of worker processes, or a range in which it follows the load.
  // Default: one per CPU, within the quota of the cgroup.
  // workers: 4,

  // The path that a worker asks its own app for before it takes traffic; empty:
  // no probe. It has to answer 2xx when the app can serve, and 5xx when it
  // cannot.
  statusPath: '/healthz',

  // A file of NAME=value lines for the environment of the workers; repeatable.
  // Default: none.
  // envFile: ['.env'],

  // How long a draining worker may finish its requests before it is killed.
  // Default: 30s.
  // grace: '30s',

  // How long to serve on after TERM, before the drain; the status path answers
  // 503 meanwhile. Default: 0s.
  // stopDelay: '10s',

  // Recycle a worker that holds more memory than this. Default: none.
  // maxMemory: '512MB',

  // The file to append the log to, instead of standard error. Default: none.
  // logFile: 'log/tshorn.log',
};
"
`);
  expect(next.join('\n')).toMatchInlineSnapshot(`
"  npm install tshorn  make it a dependency
  npx tshorn --watch  develop: a save is a reload
  npx tshorn check    does it start? for CI
  npx tshorn          serve it
  npx tshorn unit     print a systemd service; --container: a Dockerfile"
`);
});

it('a project of TypeScript gets TypeScript, where Node runs it', async () => {
  write({ 'package.json': { type: 'module' }, 'tsconfig.json': '{}', 'server.ts': '' });
  expect((await init({ stripsTypes: false })).name).toBe('tshorn.config.mjs');
  fs.rmSync(path.join(cwd, 'tshorn.config.mjs'));
  const { name, text } = await init();
  expect(name).toBe('tshorn.config.ts');
  expect(text).toContain("import type { UserConfig } from 'tshorn';");
  expect(text).toContain('} satisfies UserConfig;');
});

it.each(['tshorn.config.js', 'tshorn.config.json'])(
  'a %s is not overwritten, and no other file stands beside it',
  async (name) => {
    write({ 'server.js': '', [name]: '{}' });
    await expect(init()).rejects.toMatchObject({
      exitCode: 2,
      message: expect.stringContaining(`${name} exists`),
    });
    expect(fs.readdirSync(cwd).sort()).toEqual(['server.js', name].sort());
  },
);

it('an ecosystem file beside the app is named', async () => {
  write({ 'server.js': '', 'ecosystem.config.js': 'module.exports = {};' });
  expect((await init()).warnings).toEqual([
    'ecosystem.config.js of PM2 is not read here: npx tshorn import makes config files of it',
  ]);
});
