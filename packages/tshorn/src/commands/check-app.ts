import { fileURLToPath } from 'node:url';
import { resolveConfig } from '@tshorn/config';
import { describeAlive, formatMs } from '@tshorn/core';
import { type CheckReport, checkApp, type Level, type Logger } from '@tshorn/master';
import { workingDirectory } from '../surroundings.ts';
import { listenForEnd } from './end-signals.ts';
import { print } from './style.ts';

/**
 * `tshorn check APP`: boots one worker as a server would, and reports the result.
 * @returns exit code 0, or that of the signal that has ended the check
 * @throws TshornError with the exit code that a start would have
 */
export async function check(words: readonly string[]): Promise<number> {
  const resolved = await resolveConfig({ argv: words, env: process.env, cwd: workingDirectory() });
  const log = plainLogger(resolved.config.logLevel);
  for (const warning of resolved.warnings) log.warn(warning);

  const end = listenForEnd('the check');
  // Relative to dist/cli.js: this file is part of it, or a chunk beside it.
  const workerFile = fileURLToPath(new URL('./worker.js', import.meta.url));
  try {
    const report = await checkApp({ resolved, workerFile, env: process.env, log, signal: end.signal });
    print(textOf(report, resolved.config));
    return 0;
  } catch (error) {
    const code = end.exitCode();
    if (code === undefined) throw error;
    return code;
  }
}

function textOf(
  { kind, probe, tookMs }: CheckReport,
  { app, statusPath }: { readonly app: string; readonly statusPath: string },
): string {
  const took = formatMs(tookMs).replace('ms', ' ms');
  const what = `ok: ${app} (${kind})`;
  if (probe.verdict === 'alive') return `${what} loaded after ${took}; ${describeAlive(probe)}`;
  if (probe.status === undefined) return `${what} loaded after ${took}; not probed (no --status-path)`;
  return `${what} answered ${statusPath} with ${probe.status.split(' ')[0]} after ${took}`;
}

const LEVELS: readonly Level[] = ['debug', 'info', 'warn', 'error', 'fatal'];

/** Prints plain lines to standard error, and leaves the log file of a server alone. */
function plainLogger(level: string): Logger {
  const least = LEVELS.indexOf(level === 'trace' ? 'debug' : (level as Level));
  const methods = LEVELS.map((name, rank) => [
    name,
    (...line: [object, string] | [string]) => {
      if (rank >= least) process.stderr.write(`tshorn: ${line.at(-1)}\n`);
    },
  ]);
  return { ...Object.fromEntries(methods), level } as Logger;
}
