/** A server that a person has started on a terminal. util-linux's script(1) makes the terminal; killing it closes that. */
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { DEADLINE_MS } from './support/deadline.ts';
import { ask } from './support/load.ts';
import { isAlive } from './support/processes.ts';
import { endServers, fixture, type LogLine, TestServer } from './support/server.ts';

const hasScript = /util-linux/.test(String(spawnSync('script', ['--version']).stdout));
const onTerminal = hasScript ? test : test.skip;
const why = hasScript ? '' : ' (skipped: no script(1) of util-linux makes a terminal here)';

let directory: string;
let log: string;
beforeEach(() => {
  directory = fs.mkdtempSync(path.join(tmpdir(), 'tshorn-'));
  log = path.join(directory, 'log');
});
afterEach(async () => {
  await endServers();
  const [first] = lines();
  if (first && isAlive(first.master as number)) process.kill(first.master as number, 'SIGKILL');
  fs.rmSync(directory, { recursive: true });
});

const lines = (): LogLine[] =>
  fs.existsSync(log)
    ? fs
        .readFileSync(log, 'utf8')
        .split('\n')
        .filter(Boolean)
        .map((line) => JSON.parse(line) as LogLine)
    : [];
const of = (event: string) => lines().filter((line) => line.event === event);

async function until<T>(what: string, look: () => T | undefined | false): Promise<T> {
  for (const end = Date.now() + DEADLINE_MS; Date.now() < end; ) {
    const found = look();
    if (found !== undefined && found !== false) return found;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error(
    `no ${what} within ${DEADLINE_MS} ms:\n${lines()
      .map(({ msg }) => msg)
      .join('\n')}`,
  );
}

/** @param shell a command line of the shell, where `$@` is the server's command */
async function start(shell: string) {
  const terminal = new TestServer(fixture('prints.mjs'), {
    workers: 2,
    args: ['--log-file', log],
    through: (command) => {
      const words = command.map((word) => `'${word}'`).join(' ');
      return ['script', '-qec', shell.replace('"$@"', words), '/dev/null'];
    },
  });
  const { master } = await until('start', () => of('started')[0]);
  const { port } = of('listening')[0] as unknown as { port: number };
  const prints = async (query = '') =>
    (await ask({ port }, { path: `/?out=line&err=line${query}`, agent: false })).status;
  expect(await prints()).toBe(200);
  return { terminal, master: master as number, port, prints };
}

describe.each([
  ['itself the leader of the session', 'exec "$@"'],
  ['started by a shell', '"$@"; true'],
])('a server that is %s', (_, shell) => {
  onTerminal(`stops in order when its terminal closes, and no worker crashes${why}`, async () => {
    const { terminal, master, prints } = await start(shell);
    const slow = prints('&after=1000');
    await prints();
    await terminal.stop('SIGKILL');
    expect(await slow).toBe(200);
    await until('end', () => !isAlive(master));
    expect(of('stopping')[0]?.msg).toBe('stopping: graceful stop by SIGHUP, since its terminal was closed');
    expect(of('stopped')[0]?.msg).toBe('stopped: exit code 0');
    expect(of('exited').map(({ msg }) => msg.replace(/^.*pid=\d+ /, ''))).toEqual([
      'exit code 0',
      'exit code 0',
    ]);
    expect([...of('crashed'), ...of('reload-started')]).toEqual([]);
  });
});

onTerminal(`HUP by kill on a terminal that lives is a reload${why}`, async () => {
  const { master, prints } = await start('exec "$@"');
  process.kill(master, 'SIGHUP');
  await until('verdict', () => of('reload-finished').some(({ outcome }) => outcome === 'committed'));
  expect(await prints()).toBe(200);
});

onTerminal(`setsid outlives its terminal, prints to nobody, and is reloaded by HUP${why}`, async () => {
  const { terminal, master, prints } = await start('setsid "$@" & sleep 60');
  await terminal.stop('SIGKILL');
  for (let n = 0; n < 10; n++) expect(await prints()).toBe(200);
  process.kill(master, 'SIGHUP');
  await until('verdict', () => of('reload-finished').some(({ outcome }) => outcome === 'committed'));
  for (let n = 0; n < 10; n++) expect(await prints()).toBe(200);
  process.kill(master, 'SIGTERM');
  await until('end', () => !isAlive(master));
  expect(of('stopped')[0]?.msg).toBe('stopped: exit code 0');
  expect(of('crashed')).toEqual([]);
});
