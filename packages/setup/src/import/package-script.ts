/** `npm start`, `yarn run serve -- --port 4000`: the script of package.json that is meant. */
import { resolve } from 'node:path';
import { readPackage } from '@tshorn/core';
import type { Command, Refused, RunsNote } from './runs.ts';

interface PackageScript {
  /** As a person types it: `npm start`. */
  readonly typed: string;
  /** The script as package.json has it. */
  readonly runs: string;
  /** Words behind it. */
  readonly words: readonly string[];
  readonly notes: readonly RunsNote[];
}

const DIRECTORY = ['--prefix', '--cwd', '-C', '--dir'];
const WORKSPACE = ['-w', '--workspace', '--filter', '-F'];

/** `command`: a command of node_modules, as in `yarn next start`. */
export function packageScript(
  { program, words: given }: Command,
  cwd: string,
): PackageScript | { readonly command: Command } | Refused {
  const end = program === 'npm' ? given.indexOf('--') : -1;
  // npm keeps its own options apart, wherever they stand before `--`; the others pass on what follows the script.
  const own = end === -1 ? given : given.slice(0, end);
  const words: string[] = [];
  let directory = cwd;
  for (let at = 0; at < own.length; at++) {
    const [word = '', value] = (own[at] as string).split(/=(.*)/s);
    const isOption = word.startsWith('-') && (program === 'npm' || words.length === 0);
    if (!isOption) words.push(own[at] as string);
    else if (DIRECTORY.includes(word)) directory = resolve(cwd, value ?? own[++at] ?? '.');
    else if (WORKSPACE.includes(word)) {
      return {
        refused: `${program} runs in the workspace ${value ?? own[at + 1]}: set cwd to its directory, and import again`,
      };
    }
  }
  if (end !== -1) words.push(...given.slice(end + 1));
  let name = words.shift();
  if (name === 'exec' || name === 'dlx') return commandIn(words);
  if (name === 'run' || name === 'run-script') name = words.shift();
  if (name === undefined) return { refused: `${program} without a script: name one in args` };
  const scripts = readPackage(directory)?.scripts as Readonly<Record<string, unknown>> | undefined;
  const runs = scripts?.[name];
  if (typeof runs !== 'string') {
    if (program !== 'npm') return commandIn([name, ...words]);
    return { refused: `${directory} has no package.json with a script "${name}"` };
  }
  if (directory !== cwd) {
    return { refused: `${program} runs in ${directory}: set cwd to that directory, and import again` };
  }
  const typed = name === 'start' ? `${program} start` : `${program} run ${name}`;
  const before = scripts?.[`pre${name}`];
  const text = `"${before}" (pre${name}) ran before each start: run it in the deploy, before the start or the reload`;
  const notes: RunsNote[] =
    typeof before === 'string' && program !== 'pnpm' ? [{ key: 'script', kind: 'left-out', text }] : [];
  return { typed, runs, words: words.filter((word) => word !== '--'), notes };
}

function commandIn(words: readonly string[]): { readonly command: Command } | Refused {
  const [program, ...rest] = words.filter((word) => word !== '--');
  return program === undefined ? { refused: 'it names no command' } : { command: { program, words: rest } };
}
