/** `tshorn init`, and the words of other process managers. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { eventually } from './support/eventually.ts';
import { run } from './support/run.ts';
import { cli, fixture } from './support/server.ts';
import { needing } from './support/systemd.ts';

let directory: string;
beforeEach(() => {
  directory = fs.realpathSync(fs.mkdtempSync(path.join(tmpdir(), 'tshorn-')));
});
afterEach(() => fs.rmSync(directory, { recursive: true }));

const put = (name: string, text: string): void => fs.writeFileSync(path.join(directory, name), text);

const SERVER = `
const http = require('node:http');
http.createServer((request, response) => response.end(request.url === '/healthz' ? 'ok' : 'hi')).listen(3000);
`;

describe('what init writes is served as it is', () => {
  test('in a CommonJS project with npm start', async () => {
    put('package.json', '{"scripts":{"start":"node web.js"}}');
    put('web.js', SERVER);
    expect(await run(['init', '--yes'], { cwd: directory })).toMatchObject({
      code: 0,
      text: expect.stringContaining('written: '),
    });
    expect(await run(['check'], { cwd: directory })).toMatchObject({
      code: 0,
      text: expect.stringContaining('ok: web.js (script) answered /healthz with 200'),
    });
    const { text } = await run(['--print-config'], { cwd: directory });
    expect(text).toContain('127.0.0.1:3000');
    expect((await run(['--print-config'], { cwd: directory, env: { PORT: '7777' } })).text).toContain(
      ':7777',
    );
  });

  test('in an ES module project of TypeScript, by every Node', async () => {
    put('package.json', '{"type":"module"}');
    put('tsconfig.json', '{}');
    fs.copyFileSync(fixture('says-hello.mjs'), path.join(directory, 'server.mjs'));
    expect((await run(['init', '-y', 'server.mjs'], { cwd: directory })).code).toBe(0);
    expect(await run(['check'], { cwd: directory })).toMatchObject({ code: 0 });
    const again = await run(['init', '--yes'], { cwd: directory });
    expect(again).toMatchObject({ code: 2, text: expect.stringContaining('exists and is not overwritten') });
  });
});

needing('script')('on a terminal three questions are asked, and Ctrl-C writes nothing', async () => {
  put('server.js', SERVER);
  const start = () => {
    const child = spawn('script', ['-qec', `'${process.execPath}' '${cli}' init`, '/dev/null'], {
      cwd: directory,
    });
    const all = { child, text: '', exited: once(child, 'close') };
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      all.text += text;
    });
    return all;
  };
  const interrupted = start();
  await eventually('a question', () => interrupted.text.includes('starts the app'));
  interrupted.child.stdin.write('\u0003');
  expect(await interrupted.exited).toEqual([130, null]);
  expect(fs.readdirSync(directory)).toEqual(['server.js']);

  const answered = start();
  for (const [question, answer] of [
    ['starts the app', ''],
    ['to listen on', ':8080'],
    ['can serve', '/ready'],
  ]) {
    await eventually(`${question}?`, () => answered.text.includes(question as string));
    answered.child.stdin.write(`${answer}\r`);
  }
  expect(await answered.exited).toEqual([0, null]);
  const text = fs.readFileSync(path.join(directory, 'tshorn.config.mjs'), 'utf8');
  expect(text).toContain("app: 'server.js',");
  expect(text).toContain("':8080',");
  expect(text).toContain("statusPath: '/ready',");
});

test.each([
  [['start', 'app.js', '-i', '4'], 'type: tshorn app.js --workers 4'],
  [['restart', 'all'], 'type: tshorn reload'],
  [['ls'], 'type: tshorn status'],
  [['monit'], 'type: tshorn top'],
  [['delete', 'web'], 'type: tshorn stop'],
  [['startup'], 'type: tshorn unit APP'],
])('tshorn %j says what to type instead', async (words, line) => {
  const { code, text } = await run(words, { cwd: directory });
  expect({ code, text }).toMatchObject({ code: 2, text: expect.stringContaining(line) });
  expect(text.trim().split('\n')).toHaveLength(2);
});
