/** Runs a command. Loaded when the command line begins with the name of one, or asks for help. */
import { didYouMean } from '@tshorn/config';
import { TshornError } from '@tshorn/core';
import { COMMAND_TABLE } from './all.ts';
import type { Command } from './command.ts';
import { commandHelp, serverHelp } from './help.ts';
import { type CommandName, isCommand } from './names.ts';
import { readCommand } from './parser.ts';
import { print } from './style.ts';

/**
 * Resolves with the exit code: that of the command's table of exit codes.
 * @throws TshornError: ERR_OPTION for a wrong command line, and what the command throws
 */
export async function runCommand(name: CommandName, words: readonly string[]): Promise<number> {
  leavePipeQuietly();
  if (name === 'help') return help(words[0]);
  const command = found(name);
  if (asksForHelp(words)) {
    print(commandHelp(command));
    return 0;
  }
  const line = readCommand(command, words);
  return command.run(line.values, line.words);
}

/** `tshorn help [COMMAND]`, and `tshorn --help`. */
export async function help(name?: string): Promise<number> {
  leavePipeQuietly();
  print(name === undefined || name === 'help' ? serverHelp() : commandHelp(found(name)));
  return 0;
}

function found(name: string): Command {
  const command = isCommand(name) ? COMMAND_TABLE[name] : undefined;
  if (command) return command;
  const names = Object.keys(COMMAND_TABLE);
  throw new TshornError('ERR_OPTION', `"${name}": no such command${didYouMean(name, names)}`, {
    fix: 'tshorn --help lists the commands',
  });
}

function asksForHelp(words: readonly string[]): boolean {
  const end = words.indexOf('--');
  return words.slice(0, end === -1 ? undefined : end).some((word) => word === '--help' || word === '-h');
}

/** `tshorn status | head -1` closes the pipe, which is no error. */
function leavePipeQuietly(): void {
  process.stdout.on('error', () => process.exit(0));
}
