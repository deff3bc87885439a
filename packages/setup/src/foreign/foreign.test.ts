import fs from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { foreignWord } from './foreign.ts';
import { startLine } from './start-line.ts';

let cwd: string;
beforeEach(() => {
  cwd = fs.realpathSync(fs.mkdtempSync(path.join(tmpdir(), 'tshorn-')));
});
afterEach(() => fs.rmSync(cwd, { recursive: true }));

const write = (name: string, text: string) => fs.writeFileSync(path.join(cwd, name), text);
const answer = (word: string, ...words: string[]) => foreignWord(word, words, { env: {}, cwd });

it.each([
  ['restart', 'tshorn reload'],
  ['list', 'tshorn status'],
  ['ls', 'tshorn status'],
  ['describe', 'tshorn status'],
  ['logs', 'journalctl -fu NAME'],
  ['flush', 'kill -USR1'],
  ['monit', 'tshorn status'],
  ['delete', 'tshorn stop'],
  ['kill', 'tshorn stop'],
  ['save', 'tshorn unit'],
  ['startup', 'tshorn unit'],
])('%s is answered with %s', async (word, line) => {
  const error = await answer(word);
  expect(error).toMatchObject({ exitCode: 2, fix: expect.stringContaining(line) });
  expect(error.message).toContain(`tshorn has no "${word}": `);
});

it.each([
  [['app.js'], 'tshorn app.js', []],
  [['app.js', '-i', '4', '--name', 'web', '--', '--port', '1'], 'tshorn app.js --workers 4 -- --port 1', []],
  [['-i', 'max', 'app.js'], 'tshorn app.js', []],
  [['app.js', '--max-memory-restart=300M', '--watch'], 'tshorn app.js --max-memory 300M --watch', []],
  [['app.js', '--node-args', '--import tsx'], "tshorn app.js --node-options '--import tsx'", []],
  [['app.js', '--kill-timeout', '5000', '--env', 'production'], 'tshorn app.js --grace 5000ms', ['--env']],
  [['a.js', 'b.js', '--no-daemon'], 'tshorn a.js', ['b.js']],
  [['app.js', '--wait-ready', '--time'], 'tshorn app.js --wait-ready', ['--time']],
  [['app.js', '--exp-backoff-restart-delay', '100'], 'tshorn app.js', ['--exp-backoff-restart-delay']],
  [[], 'tshorn APP', []],
])('start %j is %s', (words, line, leftOut) => {
  expect(startLine(words)).toMatchObject({ line, leftOut });
});

it('start with a name of several words', async () => {
  expect((await answer('start', 'my ecosystem.json')).fix).toBe("type: tshorn import 'my ecosystem.json'");
});

it.each(['ecosystem.config.js', 'apps.json', 'pm2.config.cjs'])('start %s is an import', async (file) => {
  expect((await answer('start', file)).fix).toBe(`type: tshorn import ${file}`);
});

it('start npm is what npm start runs', async () => {
  write('package.json', '{"scripts":{"start":"node server.js --fast"}}');
  expect((await answer('start', 'npm', '--name', 'web', '--', 'start')).fix).toBe(
    'type: tshorn server.js -- --fast',
  );
});

it('what has no counterpart is named', async () => {
  expect((await answer('start', 'app.js', '--cron', '0 * * * *')).fix).toBe(
    'type: tshorn app.js (--cron: no counterpart in this line); tshorn unit app.js prints a service',
  );
});

it('logs names the files of the config file', async () => {
  write('tshorn.config.json', '{"app":"app.js","logFile":"log/a.log","outputFile":"/var/log/out.log"}');
  expect((await answer('logs')).fix).toBe('type: tail -f log/a.log /var/log/out.log');
});

it('a file of that name is served by its path', async () => {
  write('list.js', '');
  expect((await answer('list')).fix).toContain('; to serve list.js: tshorn ./list');
  expect((await answer('ls')).fix).not.toContain('to serve');
});
