/** The control socket and what is asked over it, with real processes. */
import fs from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import { Command, type Ended, request, socketOf } from './support/control.ts';
import { DEADLINE_MS } from './support/deadline.ts';
import { directory, ownDirectory } from './support/directory.ts';
import { fixture, startServer } from './support/server.ts';

const APP = fixture('status-from-file.mjs');
let env: Record<string, string>;
const statusFile = () => path.join(directory, 'status');
const socketDirectory = () => path.join(directory, 'tshorn');

ownDirectory();
beforeEach(() => {
  env = { XDG_RUNTIME_DIR: directory, TMPDIR: directory, STATUS_FILE: statusFile() };
  fs.writeFileSync(statusFile(), '200');
});

const start = (workers = 1, ...args: string[]) => startServer(APP, { workers, args, env });
const tshorn = (...args: string[]): Promise<Ended> => new Command(args, env).ended;
const mode = (file: string) => (fs.statSync(file).mode & 0o777).toString(8);

describe('the socket', () => {
  test('is for its owner alone, and gone after the stop', async () => {
    const server = await start();
    const socket = await socketOf(server);
    expect(socket).toBe(path.join(socketDirectory(), `${server.pid}.sock`));
    expect([mode(socketDirectory()), mode(socket)]).toEqual(['700', '600']);
    expect(await server.stop()).toBe(0);
    expect(fs.existsSync(socket)).toBe(false);
  });

  test('of a killed master is removed by the next start, and that of a living one is not', async () => {
    const [killed, living] = [await start(), await start()];
    const [stale, used] = [await socketOf(killed), await socketOf(living)];
    await killed.stop('SIGKILL');
    expect(fs.existsSync(stale)).toBe(true);
    const next = await start();
    await socketOf(next);
    // After its own socket is there, so that nothing waits for it.
    for (const end = Date.now() + DEADLINE_MS; fs.existsSync(stale) && Date.now() < end; ) {
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    expect(fs.existsSync(stale)).toBe(false);
    expect(fs.existsSync(used)).toBe(true);
  });

  test('is where --control says, and --no-control makes none', async () => {
    const socket = path.join(directory, 'own.sock');
    const server = await start(1, '--control', socket);
    expect(await socketOf(server)).toBe(socket);
    expect(mode(socket)).toBe('600');
    expect(await tshorn('status', '--control', socket)).toMatchObject({ code: 0 });
    const silent = await start(1, '--no-control');
    expect(await silent.stop()).toBe(0);
    expect(silent.of('control')).toEqual([]);
    expect(fs.existsSync(socketDirectory())).toBe(false);
  });

  test.each([
    ['a directory that is not there', () => '/nowhere/at/all.sock', 'cannot listen on /nowhere/at/all.sock'],
    ['a path too long', () => path.join(directory, 'x'.repeat(120)), 'a unix socket'],
    ['a file of somebody else', statusFile, 'exists and is not a socket'],
  ])('%s is a warning, and the server serves', async (_name, where, words) => {
    const server = await start(1, '--control', where());
    const { msg } = await server.event('no-control');
    expect(msg).toContain(words);
    expect(server.of('no-control')).toHaveLength(1);
    expect((await fetch(server.origin)).status).toBe(200);
    expect(fs.existsSync(statusFile())).toBe(true);
  });

  test('a default directory that is no directory of ours is refused with a warning', async () => {
    const elsewhere = path.join(directory, 'elsewhere');
    fs.mkdirSync(elsewhere);
    fs.symlinkSync(elsewhere, socketDirectory());
    const server = await start();
    expect((await server.event('no-control')).msg).toContain('is not a directory');
    expect(fs.readdirSync(elsewhere)).toEqual([]);
  });
});

describe('requests', () => {
  test('GET /status says what runs, and how the last reloads ended', async () => {
    const server = await start(2);
    const socket = await socketOf(server);
    await server.reload();
    const { status, type, lines } = await request(socket, 'GET', '/status');
    expect([status, type]).toEqual([200, 'application/json']);
    expect(lines[0]).toMatchObject({
      version: expect.stringMatching(/^\d+\.\d+/),
      node: process.version,
      pid: server.pid,
      state: 'running',
      generation: 2,
      size: 2,
      app: fs.realpathSync(APP),
      control: socket,
      uptimeMs: expect.any(Number),
      reloads: [{ generation: 2, outcome: 'committed', by: 'SIGHUP', replaced: 2 }],
    });
    expect(lines[0]?.workers).toHaveLength(2);
  });

  test('POST /reload streams each step, and the verdict last', async () => {
    const server = await start(2);
    const { type, lines } = await request(await socketOf(server), 'POST', '/reload', '{"by":"deploy"}');
    expect(type).toBe('application/x-ndjson');
    expect(lines[0]).toMatchObject({ event: 'reload-started', msg: 'reload to gen=2 by deploy' });
    expect(lines.filter(({ event }) => event === 'ready')).toMatchObject([
      { worker: 0, gen: 2, step: 2, of: 11 },
      { worker: 1, gen: 2, step: 5, of: 11 },
    ]);
    expect(lines.at(-1)).toMatchObject({ event: 'reload-finished', outcome: 'committed', replaced: 2 });
  });

  test('what is wrong with one is told in a sentence, and the master still serves', async () => {
    const server = await start();
    const socket = await socketOf(server);
    const ask = async (method: string, where: string, body?: string) => {
      const { status, lines } = await request(socket, method, where, body);
      return [status, lines[0]?.error];
    };
    expect(await ask('GET', '/nope')).toEqual([404, expect.stringContaining('there is no /nope')]);
    expect(await ask('GET', '/reload')).toEqual([405, '/reload is not for GET; it takes POST']);
    expect(await ask('POST', '/reload', '{oops')).toEqual([400, expect.stringContaining('is not JSON')]);
    expect(await ask('POST', '/reload', '[]')).toEqual([400, expect.stringContaining('no object')]);
    expect(await ask('POST', '/reload', '{"by":"two\\nlines"}')).toEqual([
      400,
      expect.stringContaining('"by"'),
    ]);
    expect(await ask('POST', '/reload', '{"pln":1}')).toEqual([400, expect.stringContaining('"pln"')]);
    expect(await ask('POST', '/scale', '{}')).toEqual([
      400,
      expect.stringContaining('one of "to", "delta" and "range"'),
    ]);
    expect(await ask('POST', '/scale', '{"to":0}')).toEqual([
      400,
      expect.stringContaining('the minimum is 1'),
    ]);
    expect(await ask('POST', '/scale', '{"to":99999}')).toEqual([
      400,
      expect.stringContaining('the maximum is'),
    ]);
    expect(await ask('POST', '/reload?wait=maybe')).toEqual([400, '"wait" is neither 0 nor 1']);
    expect(await ask('GET', '/status?x=1')).toEqual([400, expect.stringContaining('"x"')]);
    expect(await ask('POST', '/stop', '{"mode":"slow"}')).toEqual([400, expect.stringContaining('"mode"')]);
    expect(await ask('POST', '/reload', JSON.stringify({ by: 'x'.repeat(70_000) }))).toEqual([
      413,
      expect.stringContaining('bytes'),
    ]);
    const raw = net.connect(socket).end('this is no HTTP\r\n\r\n');
    await new Promise((resolve) => raw.resume().once('close', resolve));
    expect((await request(socket, 'GET', '/status')).status).toBe(200);
    expect(server.of('reload-started')).toEqual([]);
  });

  test('every request target is answered, and none with 500', async () => {
    const socket = await socketOf(await start());
    const answerTo = async (target: string): Promise<string> => {
      const raw = net.connect(socket).setEncoding('latin1');
      raw.end(`GET ${target} HTTP/1.1\r\nhost: x\r\n\r\n`);
      let answer = '';
      for await (const chunk of raw) answer += chunk;
      return answer.slice(9, 12);
    };
    const targets = ['//', '///', '//:', 'http://', 'http://[', '//x:99999999/', '*', '/%', '/\\', '?', '#'];
    const strange = ['/status/../..', 'status', '//status', '/__proto__', '/constructor', '/\u00ff', 'a:b:c'];
    for (const target of [...targets, ...strange]) {
      expect([target, ['400', '404']]).toEqual([target, expect.arrayContaining([await answerTo(target)])]);
    }
  });

  test('a reload that waits says so, and shares the next one with whoever else waits', async () => {
    const server = await start(2, '--soak', '3s');
    const socket = await socketOf(server);
    const first = request(socket, 'POST', '/reload');
    await server.event('reload-started');
    const waiting = await Promise.all([1, 2].map(() => request(socket, 'POST', '/reload')));
    expect((await first).lines.at(-1)).toMatchObject({ generation: 2, outcome: 'committed' });
    for (const { lines } of waiting) {
      expect(lines[0]).toMatchObject({
        event: 'queued',
        msg: expect.stringContaining('the reload under way'),
      });
      expect(lines.at(-1)).toMatchObject({ generation: 3, outcome: 'committed' });
    }
    expect(server.of('reload-started')).toHaveLength(2);
  });

  test('a reload that waits when the master stops gets a verdict too', async () => {
    const server = await start(1, '--grace', '1s');
    const socket = await socketOf(server);
    const first = request(socket, 'POST', '/reload');
    await server.event('reload-started');
    const second = request(socket, 'POST', '/reload');
    await new Promise((resolve) => setImmediate(resolve));
    expect((await request(socket, 'POST', '/stop', '{"mode":"quick"}')).lines.at(-1)).toMatchObject({
      event: 'stopped',
    });
    for (const { lines } of await Promise.all([first, second])) {
      expect(lines.at(-1)).toMatchObject({ event: 'reload-finished' });
    }
    expect(await server.exited).toBe(0);
  });
});
