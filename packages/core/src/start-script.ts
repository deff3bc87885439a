/** `npm start` of a package as a command line of tshorn. */
import { join, relative } from 'node:path';
import { takesNextWord } from './node-flags.ts';
import { readPackage } from './package-commands.ts';

export interface StartScript {
  /** The script as package.json has it. */
  readonly runs: string;
  /** The command line to type instead; undefined for a script of several commands. */
  readonly line: string | undefined;
}

/** Undefined where the package in the directory has no such script. */
export function startScript(directory: string, cwd: string): StartScript | undefined {
  const scripts = readPackage(directory)?.scripts as { start?: unknown } | undefined;
  const runs = scripts?.start;
  if (typeof runs !== 'string') return undefined;
  return { runs, line: /[|&;<>`$"'()]/.test(runs) ? undefined : lineFor(runs, relative(cwd, directory)) };
}

function lineFor(script: string, folder: string): string | undefined {
  const words = script.split(/\s+/).filter((word) => word !== '');
  if (words[0] === 'cross-env') words.shift();
  const variables: string[] = [];
  while (/^\w+=/.test(words[0] ?? '')) variables.push(words.shift()!);
  const program = words.shift();
  if (program === undefined || ['npm', 'npx', 'yarn', 'pnpm'].includes(program)) return undefined;
  const chdir = folder === '' ? [] : ['--chdir', folder];
  if (program !== 'node') return [...variables, 'tshorn', program, ...chdir, ...behind(words)].join(' ');
  const flags: string[] = [];
  while (words[0]?.startsWith('-')) {
    const flag = words.shift()!;
    flags.push(flag, ...(takesNextWord(flag) ? words.splice(0, 1) : []));
  }
  const file = words.shift();
  if (file === undefined) return undefined;
  if (flags.length > 0) variables.push(`NODE_OPTIONS="${flags.join(' ')}"`);
  return [...variables, 'tshorn', join(folder, file), ...behind(words)].join(' ');
}

const behind = (words: readonly string[]) => (words.length > 0 ? ['--', ...words] : []);
