import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { RealNode } from './testing/real-node.ts';

let node: RealNode;
let directory: string;
beforeAll(() => {
  node = new RealNode();
});
afterAll(() => node.stop());
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'tshorn-config-'));
});
afterEach(() => rmSync(directory, { recursive: true }));

const write = (name: string, text: string) => {
  writeFileSync(join(directory, name), text);
  return join(directory, name);
};
const resolve = (...argv: string[]) => node.resolveConfig({ argv, env: {}, cwd: directory });

describe('a config file', () => {
  it.each([
    ['tshorn.config.mjs', 'export default { app: "a.js", workers: N }'],
    ['tshorn.config.mjs', 'export default async () => ({ app: "a.js", workers: N })'],
    ['tshorn.config.mjs', 'export default Promise.resolve({ app: "a.js", workers: N })'],
    ['tshorn.config.cjs', 'module.exports = { app: "a.js", workers: N }'],
    ['tshorn.config.cjs', 'exports.__esModule = true; exports.default = { app: "a.js", workers: N }'],
    ['tshorn.config.js', 'module.exports = () => ({ app: "a.js", workers: N })'],
    ['tshorn.config.json', '{ "$schema": "x", "app": "a.js", "workers": N }'],
  ])('%s is found, and read afresh each time: %s', async (name, text) => {
    const file = write(name, text.replace('N', '2'));
    const first = await resolve();
    write(name, text.replace('N', '3'));
    const second = await resolve();
    expect([first.config.workers, second.config.workers]).toEqual([2, 3]);
    expect(second).toMatchObject({ file, origins: { workers: `file ${file}`, grace: 'default' } });
  });

  it('reads afresh what a CommonJS file requires', async () => {
    write('n.cjs', 'module.exports = 2');
    write('tshorn.config.cjs', 'module.exports = { app: "a.js", workers: require("./n.cjs") }');
    await resolve();
    write('n.cjs', 'module.exports = 3');
    expect((await resolve()).config.workers).toBe(3);
  });

  it('yields to the environment, and that to the command line', async () => {
    write('tshorn.config.json', '{ "app": "a.js", "workers": 2, "grace": "3s", "idleLinger": 4 }');
    const { config } = await node.resolveConfig({
      argv: ['--grace', '5'],
      env: { TSHORN_GRACE: '4', TSHORN_IDLE_LINGER: '6' },
      cwd: directory,
    });
    expect(config).toMatchObject({ workers: 2, grace: 5000, idleLinger: 6000 });
  });

  it('is looked for in --chdir, and its own directories start from where it is', async () => {
    mkdirSync(join(directory, 'site'));
    write('site/tshorn.config.json', '{ "app": "a.js" }');
    expect((await resolve('--chdir', 'site')).file).toBe(join(directory, 'site', 'tshorn.config.json'));
    write('site/other.json', '{ "app": "a.js", "cwd": "." }');
    expect((await resolve('-c', 'site/other.json')).config.cwd).toBe(join(directory, 'site'));
  });

  it('tells which of several it read', async () => {
    write('tshorn.config.mjs', 'export default { app: "a.js" }');
    write('tshorn.config.json', '{ "app": "b.js" }');
    const { config, warnings } = await resolve();
    expect(config.app).toBe('a.js');
    expect(warnings).toEqual([
      'tshorn.config.mjs is the config file; tshorn.config.json beside it is not read',
    ]);
  });

  it('has a worker import it only when a hook of its own runs there', async () => {
    const file = write('tshorn.config.mjs', 'export default { app: "a.js", hooks: { onExit() {} } }');
    expect((await resolve()).hooksInFile).toBe(false);
    write('tshorn.config.mjs', 'export default { app: "a.js", hooks: { postFork() {} } }');
    expect((await resolve()).hooksInFile).toBe(true);
    expect(await node.loadHooks(file)).toEqual({ postFork: 'function postFork' });
  });

  it.each([
    ['a.mjs', 'export default {\n  workers: 8\n  grace: 3\n};\n', ":3: Unexpected identifier 'grace'"],
    ['a.cjs', 'module.exports = {\n  workers: 8\n  grace: 3\n};\n', ":3: Unexpected identifier 'grace'"],
    ['a.mjs', 'throw new TypeError("mine")', ': TypeError: mine'],
    ['a.mjs', 'export default () => { throw "text" }', ': text'],
    ['a.mjs', 'export default () => { throw new Error("mine") }', ': Error: mine'],
    ['a.mjs', 'export const workers = 3', ': got no default export; expected an object'],
    ['a.mjs', 'export default 8', ': got number 8; expected an object'],
    ['a.json', '[]', ': got object []; expected an object'],
  ])('%s that is broken is told with its place: %j', async (name, text, message) => {
    const file = write(name, text);
    const error = await resolve('-c', name, 'a.js').catch((thrown) => thrown);
    expect(error).toMatchObject({
      code: 'ERR_CONFIG_FILE',
      message: expect.stringContaining(file + message),
    });
    expect(`${error.detail}`).not.toMatch(/node:internal|subject\.mjs|\?tshorn/);
  });

  it.each([
    ['a.mjs', 'import "./validator.mjs"; export default {}'],
    ['a.cjs', 'require("./validator.cjs"); module.exports = {}'],
    ['a.mjs', 'export default async () => { await null; process.exit(1) }'],
    ['a.mjs', 'try { process.exit(1) } catch {}; export default {}'],
    [
      'a.mjs',
      'Promise.reject().catch(() => process.reallyExit(1)).catch(() => {}); await new Promise(() => {})',
    ],
  ])('%s that calls process.exit() is refused, and the process stays: %s', async (name, text) => {
    // Node 20 leaves a second rejection of a CommonJS module that throws under an ES module, which ends this process.
    for (const each of ['validator.mjs', 'validator.cjs']) write(each, 'process.exit(1)');
    const file = write(name, text);
    await expect(resolve('-c', name, 'a.js')).rejects.toMatchObject({
      code: 'ERR_CONFIG_FILE',
      message: expect.stringMatching(/: process\.(exit|reallyExit)\(1\) is called$/),
      detail: expect.stringContaining(
        name.startsWith('a.') && text.includes('validator') ? 'validator.' : file,
      ),
      fix: expect.stringContaining('throw an error instead'),
    });
    await expect(resolve('a.js')).resolves.toBeDefined();
  });

  it('is refused where nothing will ever settle what it awaits', () => {
    const file = write('a.mjs', 'await new Promise(() => {}); export default {}');
    expect(node.runAlone(`await readConfigFile(${JSON.stringify(file)})`)).toContain(
      `${file}: the process ended before the file was read`,
    );
  });

  it('cannot end the process by a timer that it leaves behind, and a hook can', () => {
    const file = write(
      'a.mjs',
      'setTimeout(() => process.exit(7)); export default { hooks: { onExit: () => process.exit(9) } }',
    );
    const late = node.runAlone(`
      const stray = new Promise((resolve) => process.once('uncaughtException', resolve));
      process.on('exit', (code) => console.log('code', code));
      const { hooks } = await readConfigFile(${JSON.stringify(file)});
      console.log((await stray).message);
      hooks.onExit();`);
    expect(late).toBe(`process.exit(7) is called by code of ${file}\ncode 9\n`);
  });

  it.each([
    ['gunicorn.conf.py', 'workers = 4', 'a config file of Gunicorn', 'tshorn init'],
    ['a.conf', 'workers = 4', 'no config file has this extension', '.mjs'],
    ['a.cjs', 'import "node:fs"', 'Cannot use import statement outside a module', 'rename the file to .mjs'],
    ['a.cjs', 'export default {}', "Unexpected token 'export'", 'rename the file to .mjs'],
    ['a.mjs', 'module.exports = {}', 'module is not defined', 'rename the file to .cjs'],
  ])('%s of another kind is told with its mending: %s', async (name, text, message, fix) => {
    // The extension of a file is unknown where a package says that files are modules.
    write('package.json', '{ "type": "module" }');
    write(name, text);
    await expect(resolve('-c', name, 'a.js')).rejects.toMatchObject({
      message: expect.stringContaining(message),
      fix: expect.stringContaining(fix),
    });
  });

  it('names the line of broken JSON', async () => {
    const file = write('a.json', '{\n  "workers": 8\n  "grace": 3\n}\n');
    await expect(resolve('-c', 'a.json', 'a.js')).rejects.toThrow(`${file}:3: `);
  });

  it('names file and key of a wrong value', async () => {
    const file = write('tshorn.config.json', '{ "app": "a.js", "workers": "many" }');
    await expect(resolve()).rejects.toMatchObject({
      code: 'ERR_OPTION',
      message: `${file}: workers: got "many"; expected a whole number from 1 to 1024, a range of them such as 2..8, or auto`,
    });
  });

  it('has to be there when it is named', async () => {
    await expect(resolve('-c', 'nope.js')).rejects.toThrow('nope.js: there is no such config file');
  });

  it('is told apart from a file that it imports in vain', async () => {
    write('tshorn.config.mjs', 'import "./gone.mjs"; export default {}');
    await expect(resolve()).rejects.toThrow(/tshorn\.config\.mjs: .*Cannot find module .*gone\.mjs/);
  });
});

(process.features as { typescript?: unknown }).typescript
  ? it('may be TypeScript', async () => {
      write('tshorn.config.ts', 'export default { app: "a.js" as string }');
      expect((await resolve()).config.app).toBe('a.js');
    })
  : it('says which Node runs TypeScript', async () => {
      write('tshorn.config.ts', 'export default { app: "a.js" as string }');
      await expect(resolve()).rejects.toMatchObject({
        code: 'ERR_CONFIG_FILE',
        message: expect.stringContaining('does not run TypeScript'),
        fix: expect.stringContaining('Node 22.18'),
      });
    });
