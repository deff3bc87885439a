import fs from 'node:fs';
import path from 'node:path';
import { directory, ownDirectory } from './support/directory.ts';
import { ask } from './support/load.ts';
import { brief as test, thorough } from './support/long.ts';
import { run } from './support/run.ts';
import { fixture, startServer, type TestServer } from './support/server.ts';

ownDirectory();

const APP = fixture('tells-environment.mjs');
const inDirectory = (name: string) => path.join(directory, name);
const write = (name: string, text: string) => fs.writeFileSync(inDirectory(name), text);
const tells = async ({ port }: TestServer) => JSON.parse((await ask({ port }, { path: '/' })).body);

test('the workers get the variables; the environment wins, then the later file', async () => {
  write('one.env', 'APP_A=1 # a comment\nAPP_B="two words"\nAPP_C=one\nAPP_EMPTY=file\n');
  write('two.env', 'APP_A=2\nAPP_D=four\n');
  const args = ['--environment-file', 'one.env', '--environment-file', 'two.env'];
  const env = { APP_C: 'environment', APP_EMPTY: '' };
  const server = await startServer(APP, { args, cwd: directory, env });
  expect(await tells(server)).toEqual({
    APP_A: '2',
    APP_B: 'two words',
    APP_C: 'environment',
    APP_D: 'four',
    APP_EMPTY: '',
  });
});

test.each([
  ['APP_A=1\nno equals sign\n', 2],
  ['# a comment\n\n  export APP_A=1\nAPP_B="two\nlines"\nAPP_C=\nstray', 7],
])('a line that is no variable is refused by its number: %j', async (text, line) => {
  write('one.env', text);
  const { code, text: said } = await run([APP, '--environment-file', 'one.env'], { cwd: directory });
  expect(code).toBe(2);
  expect(said).toContain(`one.env: line ${line} is no NAME=value`);
});

const UNUSABLE: [string, string, string][] = [
  ['NUL', 'APP_A=1\nAPP_B=two\0words\n', 'line 2 has a NUL character'],
  ['a value over 128 KiB', `APP_A=1\n\nAPP_B="${'x'.repeat(131_072)}"\n`, 'line 3 gives APP_B 131079 bytes'],
];

test.each(UNUSABLE)('%s is refused at once, with file and line', async (_, text, why) => {
  write('one.env', text);
  const { code, text: said } = await run([APP, '--environment-file', 'one.env'], { cwd: directory });
  expect(code).toBe(2);
  expect(said).toContain(`one.env: ${why}`);
  expect(said).not.toContain('xxxx');
});

thorough.each(UNUSABLE)(
  '%s: the reload is refused at once, and the old release still serves',
  async (_, text, why) => {
    write('one.env', 'APP_A=1\n');
    const preFork = 'export default { hooks: { preFork() {} } };';
    write('tshorn.config.mjs', preFork);
    const server = await startServer(APP, { args: ['--environment-file', 'one.env'], cwd: directory });
    write('one.env', text);
    const verdict = await server.reload();
    expect(verdict).toMatchObject({ outcome: 'refused', replaced: 0 });
    expect(verdict.reason).toContain(why);
    expect(await tells(server)).toEqual({ APP_A: '1' });
    write('one.env', 'APP_A=2\n');
    expect(await server.reload()).toMatchObject({ outcome: 'committed' });
  },
);

test('a config file names it from its own directory; the master does not use what it says', async () => {
  write('.env', 'APP_A=1\nTSHORN_WORKERS=7\nPORT=1\n');
  write('tshorn.config.json', JSON.stringify({ envFile: '.env' }));
  const args = ['--config', inDirectory('tshorn.config.json')];
  const server = await startServer(APP, { args });
  expect(await tells(server)).toEqual({ APP_A: '1' });
  expect(server.of('ready')).toHaveLength(1);
});

test('a reload reads it anew; a crash before that brings back what the release had', async () => {
  write('.env', 'APP_A=1\n');
  const server = await startServer(APP, { args: ['--environment-file', inDirectory('.env')] });
  write('.env', 'APP_B=2\n');
  const from = server.lines.length;
  process.kill(server.readyPids[0] as number, 'SIGKILL');
  await server.event('ready', { from });
  expect(await tells(server)).toEqual({ APP_A: '1' });
  expect(await server.reload()).toMatchObject({ outcome: 'committed' });
  expect(await tells(server)).toEqual({ APP_B: '2' });
});

test('a reload without the file is refused, and the old release still serves', async () => {
  write('.env', 'APP_A=1\n');
  const server = await startServer(APP, { args: ['--environment-file', inDirectory('.env')] });
  const before = server.readyPids;
  fs.rmSync(inDirectory('.env'));
  const verdict = await server.reload();
  expect(verdict).toMatchObject({ outcome: 'refused', replaced: 0 });
  expect(verdict.reason).toContain(`--environment-file ${inDirectory('.env')}: there is no such file`);
  expect(server.readyPids).toEqual(before);
  process.kill(before[0] as number, 'SIGKILL');
  await server.event('ready', { count: 2 });
  expect(await tells(server)).toEqual({ APP_A: '1' });
});

test.each([[[]], [['--check-config']]])('a start without the file ends with exit code 2 %j', async (more) => {
  const { code, text } = await run([APP, '--environment-file', inDirectory('none.env'), ...more]);
  expect(code).toBe(2);
  expect(text).toContain(`--environment-file ${inDirectory('none.env')}: there is no such file`);
  expect(text).toContain('fix: create it');
});

test('a directory in its place is told as what it is', async () => {
  const { code, text } = await run([APP, '--environment-file', directory]);
  expect(code).toBe(2);
  expect(text).toContain(`--environment-file ${directory}: expected a file, this is a directory`);
});

test('`env` of the config file wins over the environment and the file, and a reload reads it again', async () => {
  write('one.env', 'APP_A=file\nAPP_B=file\n');
  const config = (b: string) =>
    write('tshorn.config.mjs', `export default { envFile: 'one.env', env: { APP_B: '${b}', APP_C: 3 } };`);
  config('config');
  const server = await startServer(APP, { cwd: directory, env: { APP_A: 'environment', APP_C: '1' } });
  expect(await tells(server)).toEqual({ APP_A: 'environment', APP_B: 'config', APP_C: '3' });
  config('later');
  await server.reload();
  expect(await tells(server)).toEqual({ APP_A: 'environment', APP_B: 'later', APP_C: '3' });
});
