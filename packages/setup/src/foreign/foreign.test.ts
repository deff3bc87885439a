import fs from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { refuseAppName } from './app-name.ts';
import { foreignWord } from './foreign.ts';
import { serveLine, startLine, unitLine } from './start-line.ts';

let cwd: string;
beforeEach(() => {
  cwd = fs.realpathSync(fs.mkdtempSync(path.join(tmpdir(), 'tshorn-')));
});
afterEach(() => fs.rmSync(cwd, { recursive: true }));

const write = (name: string, text: string) => fs.writeFileSync(path.join(cwd, name), text);
const answer = (word: string, ...words: string[]) => foreignWord(word, words, { cwd });

it.each([
  ['restart', 'tshorn reload'],
  ['list', 'tshorn status'],
  ['ls', 'tshorn status'],
  ['describe', 'tshorn status'],
  ['flush', 'kill -USR1'],
  ['monit', 'tshorn top'],
  ['delete', 'tshorn stop'],
  ['kill', 'tshorn stop'],
  ['save', 'tshorn unit'],
  ['startup', 'tshorn unit'],
  ['startOrReload', 'tshorn reload'],
  ['startOrRestart', 'tshorn reload'],
  ['deploy', 'npx tshorn reload'],
  ['sendSignal', 'tshorn status'],
  ['pid', 'tshorn status'],
  ['update', 'kill -USR2'],
  ['install', 'logrotate'],
  ['env', 'tshorn --print-config'],
  ['reset', 'tshorn status'],
  ['backward', 'tshorn rollback'],
  ['ping', 'tshorn status'],
  ['id', 'tshorn status'],
  ['plus', 'tshorn top'],
  ['log', 'tshorn logs -f'],
])('%s is answered with %s', async (word, line) => {
  const error = await answer(word);
  expect(error).toMatchObject({ exitCode: 2, fix: expect.stringContaining(line) });
  expect(error.message).toContain(`tshorn has no "${word}": `);
});

it.each([
  [['app.js'], 'tshorn app.js', []],
  [
    ['app.js', '-i', '4', '--name', 'web', '--', '--port', '1'],
    'tshorn app.js --workers 4 --pid-file web.pid -- --port 1',
    [],
  ],
  [['-i', 'max', 'app.js'], 'tshorn app.js', []],
  [['app.js', '--max-memory-restart=300M', '--watch'], 'tshorn app.js --max-memory 300M --watch', []],
  [['app.js', '--node-args', '--import tsx'], "tshorn app.js --node-options '--import tsx'", []],
  [['app.js', '--kill-timeout', '5000', '--env', 'production'], 'tshorn app.js --grace 5000ms', ['--env']],
  [['a.js', 'b.js', '--no-daemon'], 'tshorn a.js', ['b.js']],
  [['app.js', '--wait-ready', '--time'], 'tshorn app.js --wait-ready', ['--time']],
  [['app.js', '--exp-backoff-restart-delay', '100'], 'tshorn app.js', ['--exp-backoff-restart-delay']],
  [['app.js', '--bind', ':8080', '--workers', '4'], 'tshorn app.js --bind :8080 --workers 4', []],
  [['app.js', '--name', 'web', '-p', 'a.pid'], 'tshorn app.js --pid-file a.pid', []],
  [['app.js', '-o', 'a.log', '-l', 'b.log'], 'tshorn app.js --output-file a.log', []],
])('start %j is %s', (words, line, leftOut) => {
  const given = startLine(words);
  expect([serveLine(given), given.leftOut]).toEqual([line, leftOut]);
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
    'type: tshorn server.js --pid-file web.pid -- --fast; tshorn unit --name web server.js -- --fast prints a service',
  );
});

it.each([
  [['npm', '--', 'run', 'start:prod'], 'NODE_ENV=production tshorn next -- start -p 80'],
  [['npx', '--', 'next', 'start'], 'tshorn next -- start'],
  [['npm run start:prod'], 'NODE_ENV=production tshorn next -- start -p 80'],
  [['node --import tsx a.js'], "tshorn a.js --node-options '--import tsx'"],
])('start %j names the app', async (words, line) => {
  write('package.json', '{"scripts":{"start:prod":"NODE_ENV=production next start -p 80"}}');
  write('a.js', '');
  fs.mkdirSync(path.join(cwd, 'node_modules/.bin'), { recursive: true });
  write('node_modules/.bin/next', '');
  const { fix } = await answer('start', ...words);
  expect(fix?.split('; ')[0]).toBe(`type: ${line}`);
});

it('start of a script that is not there says so', async () => {
  const { message } = await answer('start', 'npm start');
  expect(message).toContain('has no package.json with a script "start"');
});

it('start without an app, with options of tshorn', async () => {
  expect((await answer('start', '--bind', ':9912')).fix).toMatch(/^type: tshorn APP --bind :9912; /);
  write('tshorn.config.json', '{}');
  expect((await answer('start', '--bind', ':9912')).fix).toMatch(/^type: tshorn --bind :9912; /);
});

it('the service has the options of the start, but for watch mode', () => {
  const given = startLine(['app.js', '-i', '2', '--watch', '--name', 'api', '--', '-v']);
  expect(unitLine(given)).toBe('tshorn unit --name api app.js --workers 2 -- -v');
});

it('start of an ecosystem file keeps --env and --only; after the import it names the config files', async () => {
  const words = ['ecosystem.config.js', '--env', 'production', '--only=api'];
  expect((await answer('start', ...words)).fix).toBe(
    'type: tshorn import ecosystem.config.js --env production --only api',
  );
  for (const name of ['api', 'web']) {
    const head = `// App "${name}" of ecosystem.config.js, environment "production". Made by tshorn import.\n`;
    write(`tshorn.${name}.config.mjs`, head);
  }
  expect((await answer('start', ...words)).fix).toBe('type: tshorn --config tshorn.api.config.mjs');
  expect((await answer('start', 'ecosystem.config.js')).fix).toBe('type: tshorn import ecosystem.config.js');
});

it('start of a config file of tshorn is --config', async () => {
  expect((await answer('start', 'tshorn.api.config.mjs')).fix).toBe(
    'type: tshorn --config tshorn.api.config.mjs',
  );
});

it.each([
  ['reload', ['api'], 'tshorn reload --pid-file tshorn.api.pid'],
  ['reload', ['web'], 'tshorn reload --pid-file web.pid'],
  ['reload', ['all'], 'tshorn reload --pid-file tshorn.api.pid'],
  ['stop', ['0'], 'tshorn stop --pid-file tshorn.api.pid'],
  ['stop', ['elsewhere'], 'tshorn stop; with several servers: --pid-file FILE'],
  ['scale', ['api', '4'], 'tshorn scale 4 --pid-file tshorn.api.pid'],
  [
    'reload',
    ['ecosystem.config.js', '--env', 'production'],
    'tshorn reload --pid-file tshorn.api.pid; what has changed in that file belongs into its config file',
  ],
])('%s %j names the line to type', (command, words, line) => {
  write('tshorn.api.pid', '');
  write('web.pid', '');
  expect(refuseAppName(command, words, cwd)).toMatchObject({ exitCode: 2, fix: `type: ${line}` });
});

it('what has no counterpart is named', async () => {
  expect((await answer('start', 'app.js', '--cron', '0 * * * *')).fix).toBe(
    'type: tshorn app.js (--cron: no counterpart in this line); tshorn unit app.js prints a service',
  );
});

it('a file of that name is served by its path', async () => {
  write('list.js', '');
  expect((await answer('list')).fix).toContain('; to serve list.js: tshorn ./list');
  expect((await answer('ls')).fix).not.toContain('to serve');
});
