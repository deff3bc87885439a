/** `npm start` of a package as a command line of tshorn. */
import { basename, join, relative } from 'node:path';
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
  const command = commandOf(runs);
  return { runs, line: command && lineFor(command, relative(cwd, directory)) };
}

/** One command of a script: `NODE_ENV=production node --import tsx server.ts --verbose`. */
export interface ScriptCommand {
  /** NAME=value, as written. */
  readonly variables: readonly string[];
  readonly program: string;
  readonly words: readonly string[];
}

/** Undefined for a script that only a shell understands, such as several commands. */
export function commandOf(script: string): ScriptCommand | undefined {
  if (/[|&;<>`$"'()]/.test(script)) return undefined;
  const words = script.split(/\s+/).filter((word) => word !== '');
  if (words[0] === 'exec') words.shift();
  if (words[0] === 'cross-env') words.shift();
  const variables: string[] = [];
  while (/^\w+=/.test(words[0] ?? '')) variables.push(words.shift()!);
  const program = words.shift();
  return program === undefined ? undefined : { variables, program, words };
}

export interface NodeCommand {
  /** Options of node, with their values. */
  readonly flags: readonly string[];
  readonly file: string;
  readonly words: readonly string[];
}

/** The words behind `node`, taken apart; undefined where no file is among them. */
export function nodeCommandOf(all: readonly string[]): NodeCommand | undefined {
  const words = [...all];
  const flags: string[] = [];
  while (words[0]?.startsWith('-')) {
    const flag = words.shift()!;
    flags.push(flag, ...(takesNextWord(flag) ? words.splice(0, 1) : []));
  }
  const file = words.shift();
  return file === undefined ? undefined : { flags, file, words };
}

/** A file of PM2 that lists apps: `ecosystem.config.js`, `process.json`. */
export const isEcosystem = (file: string): boolean =>
  !isConfigOfTshorn(file) &&
  (/(^|[./])config\.[cm]?js$|\.(json|ya?ml)$/.test(file) || /^ecosystem/.test(basename(file)));

/** `tshorn.config.mjs`, `tshorn.api.config.mjs`. */
export const isConfigOfTshorn = (file: string): boolean =>
  /^tshorn\.(.+\.)?config\.([cm]?[jt]s|json)$/.test(basename(file));

/** `pm2 start ecosystem.config.js --env production`; else `tshorn start ...`, which answers with its line. */
function lineForPm2(words: readonly string[]): string | undefined {
  const all = words[0] === 'start' || words[0] === 'startOrReload' ? words.slice(1) : words;
  const file = all.find((word) => !word.startsWith('-'));
  if (file === undefined) return undefined;
  if (!isEcosystem(file)) return ['tshorn', 'start', ...all].join(' ');
  const kept = all.flatMap((word, at) =>
    /^--(env|only)$/.test(word) ? [word, all[at + 1] ?? ''] : /^--(env|only)=/.test(word) ? [word] : [],
  );
  return ['tshorn', 'import', file, ...kept].join(' ');
}

function lineFor({ variables, program, words }: ScriptCommand, folder: string): string | undefined {
  if (['npm', 'npx', 'yarn', 'pnpm'].includes(program)) return undefined;
  if (['pm2', 'pm2-runtime', 'pm2-dev'].includes(program)) return lineForPm2(words);
  const chdir = folder === '' ? [] : ['--chdir', folder];
  if (program !== 'node') return [...variables, 'tshorn', program, ...chdir, ...behind(words)].join(' ');
  const command = nodeCommandOf(words);
  if (!command) return undefined;
  const { flags, file } = command;
  const options = flags.length > 0 ? [`NODE_OPTIONS="${flags.join(' ')}"`] : [];
  return [...variables, ...options, 'tshorn', join(folder, file), ...behind(command.words)].join(' ');
}

const behind = (words: readonly string[]) => (words.length > 0 ? ['--', ...words] : []);
