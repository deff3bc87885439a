/** Runs `tshorn doctor --json`, and reads what it has found. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { cli } from './server.ts';

export interface DoctorFinding {
  readonly id: string;
  readonly level: 'error' | 'warning' | 'note';
  readonly seen: string;
  readonly mend: string;
}

export interface Doctor {
  readonly code: number | null;
  readonly findings: readonly DoctorFinding[];
  /** `level seen` of each finding, by id. */
  readonly found: Readonly<Record<string, string>>;
  readonly ok: readonly string[];
  readonly out: string;
  readonly errors: string;
}

export interface DoctorOptions {
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly cwd?: string;
  readonly uid?: number;
  /** Turns the command into another one that starts it. */
  readonly through?: (command: readonly string[]) => readonly string[];
}

export async function doctor(
  args: readonly string[],
  { env = {}, cwd, uid, through = (command) => command }: DoctorOptions = {},
): Promise<Doctor> {
  const [command, ...rest] = through([process.execPath, cli, 'doctor', ...args, '--json']);
  const child = spawn(command as string, rest, {
    cwd,
    env: { ...process.env, PORT: undefined, WEB_CONCURRENCY: undefined, NODE_ENV: 'production', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    ...(uid !== undefined && { uid, gid: uid }),
  });
  const ended = Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')]);
  const [out, errors] = await ended;
  const { findings = [], ok = [] } = (out.startsWith('{') ? JSON.parse(out) : {}) as Partial<Doctor>;
  const found = Object.fromEntries(findings.map(({ id, level, seen }) => [id, `${level} ${seen}`]));
  return { code: child.exitCode, findings, found, ok, out, errors };
}

/** A command line of the shell that runs a command after some words of its own. */
export const behind =
  (words: string) =>
  (command: readonly string[]): readonly string[] => ['sh', '-c', `${words}\nexec "$@"`, 'sh', ...command];

/** Findings of the machine, whatever is tested: the age of its Node, or the masters of other tests. */
export const OF_MACHINE = [
  'node-end-of-life',
  'open-files',
  'overcommit',
  'tmp',
  'clock',
  'systemd-version',
  'no-init',
  'pid-1-wrapper',
  'processes',
  'heap-limit',
  'leftover-master',
  'same-app-twice',
  'stale-sockets',
  'started-by-npm',
];

/** A directory for each test, in which nothing else of tshorn is, and the environment for it. */
export function place() {
  let directory: string;
  beforeEach(() => {
    directory = fs.realpathSync(fs.mkdtempSync(path.join(tmpdir(), 'tshorn-')));
  });
  afterEach(() => fs.rmSync(directory, { recursive: true }));
  return {
    directory: () => directory,
    env: (): Record<string, string> => ({
      XDG_RUNTIME_DIR: directory,
      TMPDIR: directory,
      // It is meant so.
      ...(process.getuid?.() === 0 && { TSHORN_USER: 'root' }),
    }),
    write(name: string, content = ''): string {
      const file = path.join(directory, name);
      fs.mkdirSync(path.dirname(file), { recursive: true });
      fs.writeFileSync(file, content);
      return file;
    },
  };
}
