/** Runs a tshorn that is expected to exit by itself; returns its output and exit code. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { DEADLINE_MS } from './deadline.ts';
import { cli, root } from './server.ts';

export interface RunOptions {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** User id of the process; only root may set it. */
  readonly uid?: number;
  /** Flags for node itself. */
  readonly node?: readonly string[];
}

export interface Run {
  readonly code: number | null;
  /** Standard output and standard error, the log in the form for people. */
  readonly text: string;
}

export async function run(
  args: readonly string[],
  { cwd = root, env = {}, uid, node = [] }: RunOptions = {},
): Promise<Run> {
  const child = spawn(process.execPath, [...node, cli, ...args], {
    cwd,
    env: {
      ...process.env,
      PORT: undefined,
      WEB_CONCURRENCY: undefined,
      TSHORN_LOG_FORMAT: 'pretty',
      ...env,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
    ...(uid !== undefined && { uid }),
  });
  // A server that starts after all would never exit; its output then says so.
  const timer = setTimeout(() => child.kill('SIGKILL'), DEADLINE_MS);
  const [out, errors] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')]);
  clearTimeout(timer);
  return { code: child.exitCode, text: `${out}${errors}` };
}

/** Matches a stack frame of tshorn or of Node, which means nothing to a user. */
export const INTERNAL_FRAME = /\bat .*(?:tshorn\/dist\/|packages\/\w+\/src\/|node:internal)/;
