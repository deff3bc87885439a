/** Completion in real shells. util-linux's script(1) makes their terminals. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Readable } from 'node:stream';
import { Command, socketOf } from './support/control.ts';
import { DEADLINE_MS } from './support/deadline.ts';
import { cli, endServers, fixture, startServer } from './support/server.ts';

const runs = (program: string) => spawnSync(program, ['--version']).status === 0;
const hasScript = /util-linux/.test(String(spawnSync('script', ['--version']).stdout));

let directory: string;
let env: Record<string, string>;
let terminal: Terminal | undefined;
beforeEach(() => {
  directory = fs.mkdtempSync(path.join(tmpdir(), 'tshorn-'));
  env = { XDG_RUNTIME_DIR: directory, TMPDIR: directory };
  fs.writeFileSync(path.join(directory, 'my app.js'), '');
  // Without it fish makes completions of all manual pages, in a process that outlives the shell and writes here.
  fs.mkdirSync(path.join(directory, '.local/share/fish/generated_completions'), { recursive: true });
});
afterEach(async () => {
  await endServers();
  await terminal?.end();
  terminal = undefined;
  fs.rmSync(directory, { recursive: true });
});

/** A `tshorn` that answers a shell as the real one does, and prints each other line that it is called with. */
function install(): string {
  const bin = path.join(directory, 'bin');
  fs.mkdirSync(bin);
  const answers = `[ "$1" = --get-yargs-completions ] && exec '${process.execPath}' '${cli}' "$@"`;
  const text = `#!/bin/sh\n${answers}\nprintf '<%s>' "$@"\necho ' was run'\n`;
  fs.writeFileSync(path.join(bin, 'tshorn'), text, { mode: 0o755 });
  return bin;
}

async function scriptOf(shell: string): Promise<string> {
  const { code, out } = await new Command(['completion', shell], env).ended;
  expect(code).toBe(0);
  return out;
}

/** The file that the shell reads at its start, and how it is started. */
const SHELLS = {
  bash: { file: '.bashrc', command: 'bash --rcfile .bashrc -i', before: '' },
  zsh: { file: '.zshrc', command: 'zsh -i', before: 'autoload -Uz compinit; compinit -u\n' },
  fish: { file: '.config/fish/completions/tshorn.fish', command: 'fish -i', before: '' },
} as const;

/** A shell on a terminal. */
class Terminal {
  readonly #child: ChildProcess;
  readonly #closed: Promise<unknown>;
  #text = '';

  constructor(command: string, bin: string) {
    this.#child = spawn('script', ['-qfec', `stty cols 200; exec ${command}`, '/dev/null'], {
      cwd: directory,
      env: {
        PATH: `${bin}:${process.env.PATH}`,
        HOME: directory,
        XDG_CONFIG_HOME: path.join(directory, '.config'),
        TERM: 'xterm',
        LANG: 'C.UTF-8',
        ...env,
      },
    });
    this.#closed = once(this.#child, 'close');
    this.#child.stdout?.on('data', (data) => {
      this.#text += data;
    });
  }

  /** Types a line and resolves when `tshorn` has run with these words. */
  async type(keys: string, expected: string): Promise<void> {
    this.#child.stdin?.write(`${keys}\r`);
    const signal = AbortSignal.timeout(DEADLINE_MS);
    while (!this.#text.includes(`${expected} was run`)) {
      await once(this.#child.stdout as Readable, 'data', { signal }).catch(() => {
        throw new Error(`no "${expected} was run" after ${JSON.stringify(keys)}:\n${this.#text}`);
      });
    }
  }

  /** Has the shell end by itself: one that is hung up writes its history later, into the directory that the test removes. */
  async end(): Promise<void> {
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), 10_000);
    // Ctrl-U takes away a line that a failed test has left.
    this.#child.stdin?.write('\u0015exit\r');
    await this.#closed;
    clearTimeout(timer);
  }
}

describe.each(Object.entries(SHELLS))('%s', (shell, { file, command, before }) => {
  const missing = !runs(shell) ? shell : !hasScript ? 'script(1) of util-linux' : undefined;
  const inShell = missing === undefined ? test : test.skip;
  const why = missing === undefined ? '' : ` (skipped: there is no ${missing} here)`;

  inShell(`completes commands, options, values and files${why}`, async () => {
    const full = path.join(directory, file);
    fs.mkdirSync(path.dirname(full), { recursive: true });
    fs.writeFileSync(full, before + (await scriptOf(shell)));
    terminal = new Terminal(command, install());
    await terminal.type('tshorn relo\t', '<reload>');
    await terminal.type('tshorn reload --pl\tcan\t', '<reload><--plan><canary>');
    await terminal.type('tshorn reload --plan=ove\t', '<reload><--plan=overlap>');
    await terminal.type('tshorn my\t --log-lev\tdeb\t', '<my app.js><--log-level><debug>');
    await terminal.type('tshorn check my\t --no-hand\t', '<check><my app.js><--no-handoff>');
    await terminal.type('tshorn x.js -- my\t', '<x.js><--><my app.js>');
  });
});

test('a running master is offered by its pid, with its app beside it', async () => {
  const server = await startServer(fixture('says-hello.mjs'), { env });
  await socketOf(server);
  const answer = async (shell: string) => {
    const words = ['--get-yargs-completions', shell, 'status', `${server.pid}`];
    return (await new Command(words, env).ended).out.trim();
  };
  expect(await answer('bash')).toBe(String(server.pid));
  expect(await answer('fish')).toMatch(
    new RegExp(`^${server.pid}\\t/.*says-hello\\.mjs {1,2}127\\.0\\.0\\.1`),
  );
  expect(await answer('zsh')).toMatch(new RegExp(`^${server.pid}:/.*says-hello\\.mjs`));
});
