import { writeFileSync } from 'node:fs';
import { networkInterfaces } from 'node:os';
import path from 'node:path';
import { directory, ownDirectory } from './support/directory.ts';
import { freePort } from './support/free-ports.ts';
import { ask } from './support/load.ts';
import { thorough } from './support/long.ts';
import { INTERNAL_FRAME, type Run, run } from './support/run.ts';
import { fixture, startServer } from './support/server.ts';

ownDirectory();

const HELLO = fixture('says-hello.mjs');
const hasIPv6 = Object.values(networkInterfaces())
  .flat()
  .some((each) => each?.address === '::1');
const ANYWHERE = ['--bind', '127.0.0.1:0', '--workers', '1'];

/** A start that is refused tells why, how to mend it, and nothing of our own code. */
async function refused(args: readonly string[], code: number, ...words: (string | RegExp)[]): Promise<Run> {
  const ended = await run(args);
  for (const word of words) expect(ended.text).toMatch(word);
  expect(ended.text).not.toMatch(INTERNAL_FRAME);
  expect(ended.code).toBe(code);
  return ended;
}

const written = (name: string, text: string): string => {
  const file = path.join(directory, name);
  writeFileSync(file, text);
  return file;
};

describe('an app that cannot be served is told before anything else', () => {
  test('a file that is not there', async () => {
    await refused([path.join(directory, 'missing.mjs')], 4, 'cannot find', 'fix: ');
  });

  test('the file that was meant is named', async () => {
    written('server.mjs', '');
    await refused(
      [path.join(directory, 'sever.mjs')],
      4,
      `did you mean ${path.join(directory, 'server.mjs')}?`,
    );
  });

  test("an app that throws on import, with the app's own frames", async () => {
    const app = fixture('throws-on-import.mjs');
    const { text } = await refused(
      [app, ...ANYWHERE],
      4,
      'Error: the database is away',
      /at connect .*throws-on-import\.mjs:2/,
      'the app cannot be loaded',
    );
    expect(text.match(/broken worker/g)).toHaveLength(1);
  });

  test('an app with a syntax error, with its line', async () => {
    await refused(
      [fixture('syntax-error.mjs'), ...ANYWHERE],
      4,
      /syntax error at .*syntax-error\.mjs:2/,
      /\^/,
    );
  });

  test('a module that exports no app', async () => {
    await refused(
      [fixture('exports-no-app.mjs'), ...ANYWHERE],
      4,
      'it exports an object with answer',
      'export a function',
    );
  });

  thorough('an app that never becomes ready, when the boot timeout is over', async () => {
    const args = [fixture('status-500.mjs'), ...ANYWHERE, '--boot-timeout', '6s', '--probe-interval', '50ms'];
    await refused(args, 3, 'no worker became ready within --boot-timeout', '/_status answered 500');
  });
});

describe('a wrong option is told with what was expected', () => {
  test.each([
    [
      ['--workers', '0'],
      2,
      '--workers: got "0"; expected a whole number from 1 to 1024, a range of them such as 2..8, or auto',
    ],
    [['--workers', '-1'], 2, '--workers: got "-1"'],
    [['--workers', 'abc'], 2, '--workers: got "abc"'],
    [['--workers'], 2, '--workers: its value is missing'],
    [['--wrokers', '2'], 2, 'did you mean --workers?'],
    [['--bind', 'host:name'], 2, /--bind: "host:name" is not an address(.|\n)*fix: write HOST:PORT/],
    [['--bind', '127.0.0.1:70000'], 2, 'port 70000 is above 65535'],
    [['--chdir', '/nope'], 2, /--chdir: there is no directory \/nope(.|\n)*fix: /],
    [['--log-file', '/nowhere/at/all.log'], 2, '--log-file: cannot write /nowhere/at/all.log'],
  ] as const)('%j', async (args, code, words) => {
    await refused([HELLO, ...args], code, words);
  });

  test('a config file with a syntax error, with its line', async () => {
    const file = written('tshorn.config.mjs', 'export default {\n  workers: 2,,\n};\n');
    await refused([HELLO, '--config', file], 2, `${file}:2: Unexpected token`, /\^/);
  });

  test('a config file that throws, with its own frames', async () => {
    const file = written('tshorn.config.mjs', 'export default () => { throw new Error("no secret"); };');
    await refused([HELLO, '--config', file], 2, 'Error: no secret', /at .*tshorn\.config\.mjs:1/);
  });

  test('Windows is refused with what to do instead', async () => {
    const ended = await run([HELLO], { node: ['--require', fixture('fakes-windows.cjs')] });
    expect(ended.text).toMatch(/does not run on Windows(.|\n)*in a container or in WSL/);
    expect(ended.code).toBe(2);
  });
});

describe('the configuration', () => {
  test('a broken config file at HUP: the running one stays, and so do its workers', async () => {
    const file = written('tshorn.config.mjs', 'export default { grace: 5 };');
    const server = await startServer(HELLO, { workers: 2, args: ['--config', file] });
    const before = server.readyPids;
    written('tshorn.config.mjs', 'export default { grace: 5,, };');
    const verdict = await server.reload();
    expect(verdict).toMatchObject({ outcome: 'refused', replaced: 0 });
    expect(verdict.msg).toMatch(/refused after .*, gen=1 still serves: .*Unexpected token/s);
    const answer = await ask({ port: server.port }, { path: '/' });
    expect(before).toContain(Number(answer.headers['x-pid']));
    expect(server.readyPids).toEqual(before);
    written('tshorn.config.mjs', 'export default { grace: 6 };');
    expect(await server.reload()).toMatchObject({ outcome: 'committed', replaced: 2 });
  });

  test('--check-config checks the file and the app, and serves nothing', async () => {
    const file = written('tshorn.config.mjs', 'export default { workers: 2 };');
    expect(await run([HELLO, '--config', file, '--check-config'])).toEqual({
      code: 0,
      text: 'the configuration is valid (the app was not loaded: tshorn check loads it)\n',
    });
    expect(
      (await run([HELLO, '--config', file, '--access-log-format', 'json', '--check-config'])).text,
    ).toMatch(/^tshorn: warning: --access-log-format has no effect without --access-log$/m);
    await refused(['missing.mjs', '--check-config'], 4, 'cannot find "missing.mjs"');
    written('tshorn.config.mjs', 'export default { wokers: 2 };');
    await refused([HELLO, '--config', file, '--check-config'], 2, 'did you mean workers?');
  });

  test('the command line wins over the environment, that over the file, that over the default', async () => {
    const config = written('tshorn.config.mjs', 'export default { grace: 1, backlog: 1, workers: 1 };');
    const env = { TSHORN_GRACE: '2', WEB_CONCURRENCY: '2', PORT: '4567' };
    const { text } = await run([HELLO, '--config', config, '--grace', '3', '--print-config'], { env });
    expect(text).toMatch(/^grace +3s +command line$/m);
    expect(text).toMatch(/^workers +2 +environment WEB_CONCURRENCY$/m);
    expect(text).toMatch(/^backlog +1 +file /m);
    expect(text).toMatch(/^quickGrace +2s +default$/m);
    expect(text).toMatch(/^bind +:4567 +environment PORT$/m);
    expect(text).toMatch(/\n$/);
  });

  test('PORT and WEB_CONCURRENCY are what a platform gives and what is served', async () => {
    const port = await freePort();
    const server = await startServer(HELLO, {
      bare: true,
      env: { PORT: String(port), WEB_CONCURRENCY: '3' },
    });
    // As `server.listen(port)` of Node: both families where the machine has both.
    const everywhere = hasIPv6 ? '[::]' : '0.0.0.0';
    expect(server.of('listening')[0]).toMatchObject({ address: `${everywhere}:${port}` });
    expect(server.of('ready')).toHaveLength(3);
    for (const host of hasIPv6 ? ['127.0.0.1', '::1'] : ['127.0.0.1']) {
      expect((await ask({ host, port }, { path: '/' })).body).toBe('hello');
    }
  });
});
