/** Runs a command. Loaded when the command line begins with the name of one. */
import type { Run } from './asking.ts';
import { readCommand } from './command-line.ts';
import { findMaster } from './find.ts';
import { commandHelp } from './help.ts';
import { type CommandName, type ControlCommand, isControlCommand } from './names.ts';
import { reload } from './reload.ts';
import { scale } from './scale.ts';
import { status } from './status.ts';
import { stop } from './stop.ts';
import { print } from './style.ts';

const RUNS: Readonly<Record<ControlCommand, Run>> = { reload, status, scale, stop };

/**
 * Resolves with the exit code: 0 done, 1 not done, 2 could not ask; `check` has the exit codes of a start.
 * @throws TshornError ERR_OPTION, ERR_CONTROL (2), ERR_STATE (1)
 */
export async function runCommand(name: CommandName, words: readonly string[]): Promise<number> {
  // `check` takes the command line of a server, and asks no master.
  if (!isControlCommand(name)) return (await import('./check.ts')).check(words);
  const line = readCommand(name, words);
  if (line.help) {
    print(commandHelp(name));
    return 0;
  }
  // `tshorn status | head -1` closes the pipe, which is not an error.
  process.stdout.on('error', () => process.exit(0));
  return RUNS[name](await findMaster(line.which, process.env), line);
}
