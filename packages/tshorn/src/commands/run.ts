/** Runs a command. Loaded when the command line begins with the name of one, or asks for help. */
import { COMMAND_TABLE } from './all.ts';
import { helpText } from './help-text.ts';
import { type CommandName, FOREIGN, FOREIGN_UNLESS_APP, type ForeignName, isForeign } from './names.ts';
import { readCommand } from './parser.ts';
import { print } from './style.ts';

/**
 * Resolves with the exit code: that of the command's table of exit codes.
 * @throws TshornError: ERR_OPTION for a wrong command line, and what the command throws
 */
export async function runCommand(name: CommandName | ForeignName, words: readonly string[]): Promise<number> {
  if (isForeign(name)) return (await import('./foreign.ts')).foreign(name, words);
  if (name === 'help' && isForeignWord(words[0])) {
    return (await import('./foreign.ts')).foreign(words[0], words.slice(1));
  }
  if (asksMaster(name) && isAppName(name, words)) {
    throw (await import('./foreign.ts')).appName(name, words);
  }
  const command = COMMAND_TABLE[name];
  if (asksForHelp(words)) return printHelp(name);
  const line = readCommand(command, words);
  return command.run(line.values, line.words, COMMAND_TABLE);
}

/** `tshorn --help`, `tshorn reload --help`: resolves with 0. */
export async function printHelp(name?: CommandName): Promise<number> {
  print(helpText(COMMAND_TABLE, name));
  return 0;
}

/** It takes the pid of a master. What follows `rollback` is the name of a release. */
const asksMaster = (name: CommandName): boolean =>
  name !== 'rollback' && 'pid' in (COMMAND_TABLE[name].args ?? {});

/** As PM2 names its apps: `api`, `0`, `all`. What `scale` takes first is a count, but for `scale api 4` of PM2. */
const isAppName = (command: string, [word = '', next = '']: readonly string[]): boolean => {
  const isName = word === '0' || /^[a-z]/i.test(word);
  if (command !== 'scale') return isName;
  return isName && /^[+-]?\d+$/.test(next) && word.toLowerCase() !== 'auto';
};

const isForeignWord = (word: string | undefined): word is ForeignName =>
  ([...FOREIGN, ...FOREIGN_UNLESS_APP] as readonly (string | undefined)[]).includes(word);

function asksForHelp(words: readonly string[]): boolean {
  const end = words.indexOf('--');
  return words.slice(0, end === -1 ? undefined : end).some((word) => word === '--help' || word === '-h');
}
