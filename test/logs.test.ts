/** `tshorn logs`: the lines of the master's log, with real processes. */
import { once } from 'node:events';
import fs from 'node:fs';
import path from 'node:path';
import type { Readable } from 'node:stream';
import { Command, socketOf } from './support/control.ts';
import { DEADLINE_MS } from './support/deadline.ts';
import { directory, ownDirectory } from './support/directory.ts';
import { ask } from './support/load.ts';
import { brief, thorough } from './support/long.ts';
import { fixture, type LogLine, startServer, type TestServer } from './support/server.ts';

let env: Record<string, string>;
ownDirectory();
beforeEach(() => {
  env = { XDG_RUNTIME_DIR: directory, TMPDIR: directory };
});

const start = (...args: string[]) => startServer(fixture('prints.mjs'), { workers: 2, env, args });
const print = ({ port }: TestServer, query: string) => ask({ port }, { path: `/?${query}`, agent: false });
/** A `tshorn logs -f`. */
class Following extends Command {
  #text = '';

  constructor(...args: string[]) {
    super(['logs', '-f', ...args], env);
    this.process.stdout?.on('data', (data) => {
      this.#text += data;
    });
  }

  /** Resolves when it has printed that. */
  async until(what: RegExp): Promise<void> {
    while (!what.test(this.#text)) {
      await once(this.process.stdout as Readable, 'data', { signal: AbortSignal.timeout(DEADLINE_MS) }).catch(
        () => {
          throw new Error(`no ${what} in:\n${this.#text}`);
        },
      );
    }
  }
}

const parse = (text: string) =>
  text
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as LogLine);

brief(
  '-f shows every line once, over a reload, a log rotation and a re-exec, and ends with the last master',
  async () => {
    const output = path.join(directory, 'out.log');
    const server = await start('--output-file', output);
    await socketOf(server);
    const logs = new Following('-n', '1000', '--json', String(server.pid));
    await logs.speaks;
    await print(server, 'out=before');
    expect(await server.reload()).toMatchObject({ outcome: 'committed' });
    fs.renameSync(output, `${output}.1`);
    server.signal('SIGUSR1');
    await server.until('the rotation', () => server.lines.some(({ msg }) => msg.includes('reopened')));
    await print(server, 'out=rotated');
    expect(await server.reExec()).toMatchObject({ outcome: 'committed' });
    await print(server, 'out=replaced');
    await logs.until(/"took-over".*\n(.*\n)*.*replaced/);
    expect(await server.stop()).toBe(0);

    const { code, out, errors } = await logs.ended;
    expect([code, errors]).toEqual([0, 'tshorn: the master has ended\n']);
    const lines = parse(out);
    const named = (all: readonly LogLine[]) =>
      all.map(({ time, master, msg }) => `${time} ${master} ${msg}`).sort();
    expect(named(lines.filter(({ level }) => level))).toEqual(named(server.lines));
    const printed = lines.filter(({ stream }) => stream === 'stdout').map(({ msg }) => msg.split(' ')[0]);
    expect(printed).toEqual(['before', 'rotated', 'replaced']);
  },
);

brief('a choice of lines is shown for people, and Ctrl-C ends one that follows', async () => {
  // Worker 1 has nothing more to tell, be it late.
  const server = await start('--loop-delay-warning', '0');
  await socketOf(server);
  const pid = String(server.pid);
  const following = new Following(pid);
  await following.speaks;
  following.process.kill('SIGINT');
  const { code, out } = await new Command(['logs', '--worker', '1', '-n', '1', pid], env).ended;
  expect([code, out]).toEqual([0, expect.stringMatching(/^\[[\d:.]+\] INFO: ready worker=1 gen=1 .*\n$/)]);
  const none = await new Command(['logs', '--worker', '9', pid], env).ended;
  expect(none).toMatchObject({
    code: 2,
    errors: expect.stringContaining('there is no worker 9; the workers are 0 to 1'),
  });
  expect(await following.ended).toMatchObject({ code: 130, errors: '' });
});

async function withStalledReader() {
  const server = await start('--output-file', path.join(directory, 'out.log'));
  await socketOf(server);
  const logs = new Following(String(server.pid));
  await logs.speaks;
  logs.process.kill('SIGSTOP');
  return { server, logs };
}

thorough(
  'a reader that stalls delays no request and no reload, and is told how many lines it has missed',
  async () => {
    const { server, logs } = await withStalledReader();
    const printed = await Promise.all(Array.from({ length: 40 }, () => print(server, 'out=x&times=100000')));
    expect(printed.map(({ status }) => status)).toEqual(Array(40).fill(200));
    expect(await server.reload()).toMatchObject({ outcome: 'committed' });
    logs.process.kill('SIGCONT');
    await logs.until(/WARN: \d+ log lines are left out here: the reader stalled\n/);
    logs.process.kill('SIGINT');
    expect((await logs.ended).code).toBe(130);
  },
);

brief(
  'a reader that stalls does not hold up the end of the master, whatever is logged meanwhile',
  async () => {
    const { server, logs } = await withStalledReader();
    // More than the kernel takes for a reader, and less than the reader may miss.
    await print(server, 'out=x&times=700000');
    const rotating = setInterval(() => server.signal('SIGUSR1'), 20);
    try {
      expect(await server.stop()).toBe(0);
    } finally {
      clearInterval(rotating);
      logs.process.kill('SIGKILL');
    }
    expect(server.lines.filter(({ event }) => event === 'stray-error')).toEqual([]);
    await logs.ended;
  },
);
