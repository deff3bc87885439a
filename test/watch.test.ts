import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { brief, cases, isLong } from './support/long.ts';
import { afterSave, answerOf, Saves, textOf } from './support/saves.ts';
import { endServers, fixture, TestServer } from './support/server.ts';
import { WebSocketClients } from './support/websocket-clients.ts';

let saves: Saves;

describe('a save', () => {
  let server: TestServer;
  beforeAll(async () => {
    saves = new Saves().write('.env', 'APP_A=1\n').write('views/one.html', '1');
    server = await saves.start({ args: ['--environment-file', '.env', '--watch-path', 'views/**/*.html'] });
  });
  afterAll(async () => {
    await endServers();
    saves.remove();
  });

  const lastReason = () => server.of('reload-started').at(-1)?.because;

  brief('in place is a reload, and the log names the file', async () => {
    expect(await afterSave(server, () => saves.text('second'))).toMatchObject({
      outcome: 'committed',
      by: 'watch',
    });
    expect(await answerOf(server)).toBe('second');
    expect(lastReason()).toBe('changed text.mjs');
  });

  brief('that replaces the file by another one is a reload, again and again', async () => {
    for (const text of ['third', 'fourth']) {
      await afterSave(server, () => saves.rename('text.mjs', textOf(text)));
      expect(await answerOf(server)).toBe(text);
    }
  });

  brief(
    'of code that does not parse leaves the last good release in service, with file and line in the log',
    async () => {
      const verdict = await afterSave(server, () =>
        saves.write('text.mjs', 'export const ok = 1;\nexport const text = ;\n'),
      );
      expect(verdict).toMatchObject({ outcome: 'rolled-back' });
      expect(verdict.reason).toContain(`${saves.file('text.mjs')}:2`);
      expect(await answerOf(server)).toBe('fourth');
      await afterSave(server, () => saves.text('mended'));
      expect(await answerOf(server)).toBe('mended');
    },
  );

  brief('of an import whose file comes later starts again when it comes', async () => {
    const importing = "export { text } from './later.mjs';\n";
    expect(await afterSave(server, () => saves.write('text.mjs', importing))).toMatchObject({
      outcome: 'rolled-back',
    });
    await afterSave(server, () => saves.write('later.mjs', textOf('came later')));
    expect(await answerOf(server)).toBe('came later');
  });

  brief('of an environment file is a reload', async () => {
    await afterSave(server, () => saves.write('.env', 'APP_A=2\n'));
    expect(JSON.parse(await answerOf(server, '/environment')).APP_A).toBe('2');
  });

  brief('of a config file is a reload, also of one that was not there', async () => {
    await afterSave(server, () => saves.write('tshorn.config.json', '{ "workers": 1, "grace": "3s" }'));
    expect(lastReason()).toBe('changed tshorn.config.json');
    const verdict = await afterSave(server, () => saves.write('tshorn.config.json', '{ "grace": }'));
    expect(verdict).toMatchObject({ outcome: 'refused' });
    expect(await afterSave(server, () => saves.write('tshorn.config.json', '{}'))).toMatchObject({
      outcome: 'committed',
    });
  });

  brief('of a file that a pattern names is a reload, also of a new one in a new directory', async () => {
    await afterSave(server, () => saves.write('views/one.html', '2'));
    expect(lastReason()).toBe('changed views/one.html');
    await afterSave(server, () => saves.write('views/new/two.html', '1'));
    expect(lastReason()).toBe('changed views/new/two.html');
    await afterSave(server, () => fs.rmSync(saves.file('views/new'), { recursive: true }));
    expect(lastReason()).toBe('changed views/new/two.html');
  });

  brief('of many files at once is one reload', async () => {
    const from = server.lines.length;
    await afterSave(server, () => {
      // All of them wait for the master, be this process slow.
      process.kill(server.pid, 'SIGSTOP');
      for (let n = 0; n < 1_000; n++) saves.write(`views/many/${n}.html`, '1');
      process.kill(server.pid, 'SIGCONT');
    });
    const { because } = await server.event('reload-started', { from });
    expect(because).toMatch(/^changed views\/many\/\d+\.html \(\+999 more\)$/);
    await afterSave(server, () => saves.text('after many'));
    expect(server.of('reload-started', from)).toHaveLength(2);
  });

  brief('that changes nothing is no reload', async () => {
    const from = server.lines.length;
    const now = new Date();
    fs.utimesSync(saves.file('text.mjs'), now, now);
    saves.write('views/backup.html~', '1').write('unrelated.mjs', '1');
    saves.write('app.mjs', fs.readFileSync(saves.file('app.mjs'), 'utf8'));
    await afterSave(server, () => saves.text('something'));
    expect(server.of('reload-started', from).map(({ because }) => because)).toEqual(['changed text.mjs']);
  });

  brief('leaves no trace of watch mode in the environment of the app', async () => {
    expect(await answerOf(server, '/environment')).not.toContain('WATCH_');
  });
});

describe('one app each', () => {
  beforeEach(() => {
    saves = new Saves();
  });
  afterEach(async () => {
    await endServers();
    saves.remove();
  });

  test('a start with a broken app waits for the next save; connections wait with it', async () => {
    saves.write('text.mjs', 'export const text = ;');
    const server = new TestServer('app.mjs', saves.options());
    await server.event('broken');
    const waiting = answerOf(server);
    saves.write('text.mjs', 'throw new Error("broken in another way");');
    await server.event('reload-finished');
    saves.text('mended');
    expect(await waiting).toBe('mended');
    await server.started();
    expect(await server.stop()).toBe(0);
  });

  test('a worker that crashes comes back; with broken code on the disk it waits for the next save', async () => {
    const server = await saves.start();
    const crash = () => answerOf(server, '/crash').catch(() => {});
    await crash();
    await server.event('ready', { count: 2 });
    await afterSave(server, () => saves.write('text.mjs', 'throw new Error("broken");'));
    expect(await answerOf(server)).toBe('first');
    await crash();
    await server.until('the wait', () =>
      server.lines.find(({ msg }) => msg.includes('waits for the next save')),
    );
    const waiting = answerOf(server);
    saves.text('mended');
    expect(await waiting).toBe('mended');
  });

  test('a workspace package that is linked into node_modules counts, an installed one does not', async () => {
    saves.write('packages/text/index.mjs', textOf('one')).write('node_modules/installed/index.mjs', '');
    saves.write('packages/text/package.json', '{ "name": "text", "exports": "./index.mjs" }');
    saves.write('node_modules/installed/package.json', '{ "name": "installed", "exports": "./index.mjs" }');
    fs.symlinkSync(path.join('..', 'packages/text'), saves.file('node_modules/text'));
    saves.write('text.mjs', "import 'installed';\nexport { text } from 'text';\n");
    const server = await saves.start();
    saves.write('node_modules/installed/index.mjs', '// changed');
    await afterSave(server, () => saves.write('packages/text/index.mjs', textOf('two')));
    expect(await answerOf(server)).toBe('two');
    expect(server.of('reload-started').map(({ because }) => because)).toEqual([
      'changed packages/text/index.mjs',
    ]);
  });

  test('WebSockets stay connected over saves, good and bad', async () => {
    const app = JSON.stringify(fixture('survives-websockets.mjs'));
    saves.write('app.mjs', `import './text.mjs';\nexport { default } from ${app};`);
    const server = await saves.start({ args: ['--log-level', 'debug', '--grace', '20s'] });
    const clients = await new WebSocketClients().connect(server.port, { count: 20, pauseMs: 200 });
    for (const text of ['second', 'third']) {
      await afterSave(server, () => saves.write('text.mjs', 'export const text = ;'));
      expect(await afterSave(server, () => saves.text(text))).toMatchObject({ outcome: 'committed' });
    }
    await server.event('drained', { count: 2 });
    await clients.stop();
    await Promise.all(clients.all.map((client) => client.ask()));
    expect(clients.failures).toEqual([]);
    expect(clients.open).toHaveLength(20);
    expect(clients.all.map(({ last }) => last?.pid)).toEqual(clients.all.map(() => server.pidOf(0)));
    clients.leave();
  });

  const stripsTypes = Boolean((process.features as { typescript?: unknown }).typescript);
  const KINDS: readonly { kind: string; app: string; file: string; text: (text: string) => string }[] = [
    {
      kind: 'CommonJS',
      app: "module.exports = (request, response) => response.end(require('./text').text);",
      file: 'text.js',
      text: (text) => `exports.text = '${text}';`,
    },
    {
      kind: 'JSON',
      app: "module.exports = (request, response) => response.end(require('./text.json').text);",
      file: 'text.json',
      text: (text) => JSON.stringify({ text }),
    },
    {
      kind: 'a module that is imported only by a request',
      app: "module.exports = async (request, response) => response.end((await import('./text.mjs')).text);",
      file: 'text.mjs',
      text: textOf,
    },
    ...(stripsTypes
      ? [
          {
            kind: 'TypeScript',
            app: "module.exports = async (request, response) => response.end((await import('./text.mts')).text);",
            file: 'text.mts',
            text: (text: string) => `export const text: string = '${text}';`,
          },
        ]
      : []),
  ];

  test.each(cases(KINDS, ({ kind }) => kind === 'CommonJS'))('a save of $kind is a reload', async (kind) => {
    saves.write('app.cjs', kind.app).write(kind.file, kind.text('one'));
    const server = await saves.start({}, 'app.cjs');
    expect(await answerOf(server)).toBe('one');
    await afterSave(server, () => saves.write(kind.file, kind.text('two')));
    expect(await answerOf(server)).toBe('two');
  });

  if (!isLong) return;

  test('an editor that moves the old file away first is followed', async () => {
    const server = await saves.start();
    for (const text of ['second', 'third']) {
      await afterSave(server, () => {
        fs.renameSync(saves.file('text.mjs'), saves.file('text.mjs~'));
        saves.text(text);
      });
      expect(await answerOf(server)).toBe(text);
    }
    expect(server.of('broken')).toEqual([]);
  });

  test('of a burst of saves the last one is served, and none is refused', async () => {
    const server = await saves.start();
    let failed = 0;
    let isOver = false;
    const clients = Array.from({ length: 4 }, async () => {
      while (!isOver) await answerOf(server).catch(() => failed++);
    });
    for (let save = 1; save <= 40; save++) {
      saves.text(`save ${save}`);
      await new Promise((resolve) => setTimeout(resolve, save * 5));
    }
    // A worker may have read a file in the middle of a save; the next reload mends that.
    await server.until('the last save', () => server.of('reload-finished').at(-1)?.outcome === 'committed');
    await afterSave(server, () => saves.text('the end'));
    isOver = true;
    await Promise.all(clients);
    expect(await answerOf(server)).toBe('the end');
    expect(failed).toBe(0);
  });

  test('a link on the way to the app that points elsewhere is a reload', async () => {
    saves.write('releases/1/app.mjs', "export default (request, response) => response.end('1');");
    saves.write('releases/2/app.mjs', "export default (request, response) => response.end('2');");
    fs.symlinkSync('releases/1', saves.file('current'));
    const server = await saves.start({}, 'current/app.mjs');
    await afterSave(server, () => {
      fs.symlinkSync('releases/2', saves.file('next'));
      fs.renameSync(saves.file('next'), saves.file('current'));
    });
    expect(await answerOf(server)).toBe('2');
  });

  test('a checkout of a thousand files is one reload', async () => {
    const git = (...args: string[]) =>
      execFileSync('git', ['-c', 'user.name=x', '-c', 'user.email=x@y', ...args], { cwd: saves.directory });
    const write = (branch: string) => {
      for (let n = 0; n < 1_000; n++) saves.write(`src/${n % 20}/${n}.mjs`, textOf(branch));
    };
    const names = Array.from({ length: 1_000 }, (_, n) => `import './src/${n % 20}/${n}.mjs';`);
    saves.write('text.mjs', `${names.join('\n')}\nexport { text } from './src/0/0.mjs';`);
    git('init', '-q', '-b', 'one');
    write('one');
    git('add', '.');
    git('commit', '-q', '-m', 'one');
    git('checkout', '-q', '-b', 'two');
    write('two');
    git('commit', '-q', '-a', '-m', 'two');
    git('checkout', '-q', 'one');
    const server = await saves.start();
    expect(await answerOf(server)).toBe('one');
    await afterSave(server, () => git('checkout', '-q', 'two'));
    expect(await answerOf(server)).toBe('two');
    // On a busy machine git may pause after the first file: that reload ends for the next one.
    const verdicts = server.of('reload-finished').filter(({ outcome }) => outcome !== 'aborted');
    expect(verdicts).toHaveLength(1);
    expect(server.of('reload-started').at(-1)?.because).toMatch(/\(\+99\d more\)$/);
  });
});
