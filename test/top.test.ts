/** `tshorn top` on a terminal. util-linux's script(1) makes it. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import type { Readable } from 'node:stream';
import { stripVTControlCharacters } from 'node:util';
import { Command, socketOf } from './support/control.ts';
import { DEADLINE_MS } from './support/deadline.ts';
import { directory, ownDirectory } from './support/directory.ts';
import { brief, thorough } from './support/long.ts';
import { cli, fixture, startServer, type TestServer } from './support/server.ts';

const hasScript = /util-linux/.test(String(spawnSync('script', ['--version']).stdout));
const onTerminal = hasScript ? brief : test.skip;
const why = hasScript ? '' : ' (skipped: no script(1) of util-linux makes a terminal here)';

let env: Record<string, string>;
let server: TestServer;
const tops: Top[] = [];
ownDirectory();
beforeEach(async () => {
  env = { XDG_RUNTIME_DIR: directory, TMPDIR: directory };
  server = await startServer(fixture('says-hello.mjs'), { workers: 2, env });
  await socketOf(server);
});
afterEach(() => {
  for (const top of tops.splice(0)) top.end();
});

/** The alternate screen: the shell's own lines are there again when it is left. */
const ENTER = '\u001b[?1049h';
const LEAVE = '\u001b[?1049l';

/** A `tshorn top` in a shell on a terminal of 80 columns. The shell says how the terminal is set, before and after. */
class Top {
  readonly #child: ChildProcess;
  #raw = '';

  constructor(pid: number) {
    const command = `'${process.execPath}' '${cli}' top ${pid}`;
    const shell = `stty cols 80 rows 24; stty -g; sh -c 'echo pid=$$; exec "$@"' sh ${command}; echo code=$?; stty -g; echo end.`;
    this.#child = spawn('script', ['-qfec', shell, '/dev/null'], {
      env: { ...process.env, ...env, TERM: 'xterm-256color', NO_COLOR: '' },
    });
    this.#child.stdout?.on('data', (data) => {
      this.#raw += data;
    });
    tops.push(this);
  }

  type(keys: string): void {
    this.#child.stdin?.write(keys);
  }

  get pid(): number {
    return Number(/pid=(\d+)/.exec(this.#raw)?.[1]);
  }

  /** Resolves when that has been drawn. */
  async shows(what: RegExp): Promise<void> {
    while (!what.test(stripVTControlCharacters(this.#raw))) {
      await once(this.#child.stdout as Readable, 'data', { signal: AbortSignal.timeout(DEADLINE_MS) }).catch(
        () => {
          throw new Error(`no ${what} in:\n${stripVTControlCharacters(this.#raw)}`);
        },
      );
    }
  }

  /** Resolves with its exit code, and whether the terminal is as it was. */
  async left(): Promise<{ code: number; isRestored: boolean }> {
    await this.shows(/end\./);
    const [before, after] = this.#raw.match(/^[\da-f]+(:[\da-f]+)+/gm) ?? [];
    const screens = this.#raw.split(ENTER);
    return {
      code: Number(/code=(\d+)/.exec(this.#raw)?.[1]),
      isRestored:
        before !== undefined &&
        before === after &&
        screens.length === 2 &&
        screens[1]?.split(LEAVE).length === 2,
    };
  }

  end(): void {
    this.#child.kill('SIGKILL');
  }
}

onTerminal(`a reload is drawn as it proceeds, a key chooses a worker, and q ends it${why}`, async () => {
  const top = new Top(server.pid);
  await top.shows(/workers 2\/2.*SLOT↑.*started: 2 workers ready/s);
  top.type('1');
  await top.shows(/worker 1 {3}pid \d+ {3}gen 1 {3}ready/);
  top.type('\u001b');
  const from = server.lines.length;
  const verdict = server.reload();
  const { pid } = await server.event('spawned', { from });
  process.kill(pid as number, 'SIGSTOP');
  await top.shows(/reload to gen 2 .* step \d+\/11/);
  process.kill(pid as number, 'SIGCONT');
  expect(await verdict).toMatchObject({ outcome: 'committed' });
  await top.shows(/last reload {2}gen 2 committed {2}2 workers in/);
  top.type('q');
  expect(await top.left()).toEqual({ code: 0, isRestored: true });
});

onTerminal(
  `the terminal is as it was after Ctrl-C, SIGTERM, and a look at a master that has ended${why}`,
  async () => {
    const ends = [new Top(server.pid), new Top(server.pid), new Top(server.pid)] as const;
    await Promise.all(ends.map((top) => top.shows(/SLOT↑/)));
    const [interrupted, terminated, alone] = ends;
    interrupted.type('\u0003');
    process.kill(terminated.pid, 'SIGTERM');
    expect(await interrupted.left()).toEqual({ code: 130, isRestored: true });
    expect(await terminated.left()).toEqual({ code: 143, isRestored: true });
    await server.stop();
    await alone.shows(/NO CONNECTION/);
    alone.type('q');
    expect(await alone.left()).toEqual({ code: 0, isRestored: true });
  },
);

thorough('where the output is no terminal, one table is printed', async () => {
  const { code, out, errors } = await new Command(['top', String(server.pid)], env).ended;
  expect([code, errors]).toEqual([0, '']);
  expect(out).toMatch(/^tshorn top {2}master \d+ {2}running.*\nSLOT +GEN.*\n +1 +1 +\d+ +ready .*\n$/s);
});
