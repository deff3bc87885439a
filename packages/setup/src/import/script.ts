/** `script`, `args` and `interpreter` of PM2 -> the app that tshorn serves. */
import { closeSync, openSync, readSync, realpathSync, statSync } from 'node:fs';
import { basename, extname, resolve } from 'node:path';
import { commandOf, findCommand, isFile, nodeCommandOf } from '@tshorn/core';
import { interpreterOf, loaderOf, otherProgram } from './interpreter.ts';
import { packageScript } from './package-script.ts';
import type { Command, Refused, Runs, RunsNote } from './runs.ts';

/** Nobody nests scripts deeper than this, except in a circle. */
const DEEPEST = 8;

export interface ScriptRequest extends Command {
  readonly interpreter: string | undefined;
  /** Absolute: the directory that the app runs in. */
  readonly cwd: string;
}

export function resolveScript({ program, words, interpreter, cwd }: ScriptRequest): Runs | Refused {
  const { flags, notes, refused } = interpreterOf(interpreter, cwd);
  if (refused !== undefined) return { refused };
  const isCommandLine = /\s/.test(program) && !isFile(resolve(cwd, program));
  const runs = isCommandLine ? ofShell(program, cwd, 0) : ofCommand({ program, words }, cwd, 0);
  if ('refused' in runs) return runs;
  return { ...runs, flags: [...flags, ...runs.flags], notes: [...notes, ...runs.notes] };
}

const PLAIN = { args: [], flags: [], variables: {}, notes: [] } as const;

function ofCommand({ program, words }: Command, cwd: string, depth: number): Runs | Refused {
  if (depth > DEEPEST) return { refused: `its scripts call each other in a circle (${program})` };
  const name = basename(program).replace(/(-cli)?\.[cm]?js$/, '');
  if (['npm', 'pnpm', 'yarn'].includes(name)) return ofPackageManager({ program: name, words }, cwd, depth);
  if (fileOf(program, cwd) !== undefined && !isInBin(program)) return ofFile(program, words, cwd);
  switch (name) {
    case 'node':
    case 'nodejs':
      return ofNode(words, cwd);
    case 'npx':
    case 'bunx':
      return ofNpx(words, cwd, depth);
    case 'bash':
    case 'sh': {
      const [flag, line] = words;
      return flag === '-c' && line !== undefined ? ofShell(line, cwd, depth + 1) : notNode(program, name);
    }
    case 'nodemon': {
      const runs = ofNode(words, cwd);
      if ('refused' in runs) return runs;
      const text = 'nodemon restarts on a save; tshorn --watch reloads';
      return { ...runs, notes: [...runs.notes, { key: 'script', kind: 'differs', text }] };
    }
    case 'nest':
      return { ...PLAIN, app: 'dist/main.js', args: [], through: 'nest start' };
    case 'pm2':
    case 'pm2-runtime':
      return { refused: 'it starts PM2 itself: import the ecosystem file that it names' };
    case 'serve':
      return ofServe(words, cwd);
  }
  const loader = loaderOf(name);
  if (loader) {
    const runs = ofNode(words[0] === 'watch' ? words.slice(1) : words, cwd);
    return 'refused' in runs ? runs : { ...runs, flags: [...loader, ...runs.flags] };
  }
  if (findCommand(name, cwd) !== undefined) return { ...PLAIN, app: name, args: words };
  const other = otherProgram(name);
  if (other !== undefined) return notNode(program, other);
  if (program.includes('/') || extname(program) !== '') return ofFile(program, words, cwd);
  return {
    refused: `no file or command "${program}" is found from ${cwd}: install the package that has it there, and import again`,
  };
}

/** The file of an app, as it is named or with its extension; undefined for a command, or where there is none yet. */
export const fileOf = (program: string, cwd: string): string | undefined =>
  ['', '.js', '.mjs', '.cjs', '.ts'].map((end) => resolve(cwd, program + end)).find((file) => isFile(file));

const isDirectory = (path: string) => statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;

/** `node_modules/.bin/next` is the command `next`. */
const isInBin = (program: string) => /(^|\/)node_modules\/\.bin\/[^/]+$/.test(program);

function ofFile(program: string, words: readonly string[], cwd: string): Runs | Refused {
  const file = fileOf(program, cwd);
  if (isDirectory(resolve(cwd, program))) return { ...PLAIN, app: program, args: words };
  if (file === undefined) {
    const text = `there is no ${resolve(cwd, program)} yet: build before the start`;
    return { ...PLAIN, app: program, args: words, notes: [{ key: 'script', kind: 'differs', text }] };
  }
  const by = programOf(file);
  if (by !== undefined) return notNode(program, by);
  const command = commandIn(file, cwd);
  if (command !== undefined) return { ...PLAIN, app: command, args: words, through: program };
  return { ...PLAIN, app: program, args: words };
}

/** A file in node_modules that is a command: its name says more, and outlives a new version of the package. */
function commandIn(file: string, cwd: string): string | undefined {
  const [, name] = /node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(file) ?? [];
  if (name === undefined || name === '.bin') return undefined;
  const found = findCommand(name.replace(/^@[^/]+\//, ''), cwd);
  return found !== undefined && realpathSync(found) === realpathSync(file)
    ? name.replace(/^@[^/]+\//, '')
    : undefined;
}

const OTHERS: Readonly<Record<string, string>> = {
  '.sh': 'bash',
  '.py': 'python',
  '.rb': 'ruby',
  '.php': 'php',
  '.pl': 'perl',
  '.coffee': 'coffee',
  '.ls': 'lsc',
  '.jar': 'java',
};

/** The program that runs the file where that is not Node: by its extension, its first line, or because it is no text. */
function programOf(file: string): string | undefined {
  const extension = extname(file);
  if (OTHERS[extension]) return OTHERS[extension];
  if (/^\.[cm]?[jt]sx?$/.test(extension)) return undefined;
  const start = Buffer.alloc(256);
  const fd = openSync(file, 'r');
  const length = readSync(fd, start, 0, start.length, 0);
  closeSync(fd);
  const text = start.toString('latin1', 0, length);
  const [, by] = /^#!\s*(?:\S*\/env\s+(?:-S\s+)?)?(\S+)/.exec(text) ?? [];
  if (by !== undefined && !/(^|\/)node(js)?$/.test(by)) return basename(by);
  return text.includes('\0') ? 'itself, a binary' : undefined;
}

const notNode = (program: string, by: string): Refused => ({
  refused: `${basename(program)} is run by ${by}, and tshorn serves Node apps: leave it to PM2, or make it a systemd service`,
});

function ofNode(words: readonly string[], cwd: string): Runs | Refused {
  const command = nodeCommandOf(words);
  if (!command) return { refused: `its command line names no file: node ${words.join(' ')}` };
  const runs = ofFile(command.file, command.words, cwd);
  return 'refused' in runs ? runs : { ...runs, flags: [...command.flags, ...runs.flags] };
}

function ofNpx(words: readonly string[], cwd: string, depth: number): Runs | Refused {
  const at = words.findIndex((word) => !word.startsWith('-'));
  const [program, ...rest] = at === -1 ? [] : words.slice(at);
  if (program === undefined) return { refused: 'npx names no command' };
  return ofCommand({ program, words: rest[0] === '--' ? rest.slice(1) : rest }, cwd, depth + 1);
}

/** `pm2 serve` is a server of PM2's own; the package `serve` does the same. */
function ofServe(words: readonly string[], cwd: string): Runs | Refused {
  if (findCommand('serve', cwd) !== undefined) return { ...PLAIN, app: 'serve', args: words };
  return {
    refused: `it is the file server of PM2 ("serve"): npm install serve in ${cwd}, and import again`,
  };
}

/** A line for a shell: of several commands behind `&&` the last one serves. */
function ofShell(line: string, cwd: string, depth: number): Runs | Refused {
  const parts = line.split('&&').map((part) => part.trim());
  const last = parts.pop() as string;
  const command = commandOf(last);
  if (!command) return { refused: `only a shell understands its command line: ${line}` };
  const runs = ofCommand(command, cwd, depth + 1);
  if ('refused' in runs) return runs;
  const variables = Object.fromEntries(
    command.variables.map((variable) => {
      const at = variable.indexOf('=');
      return [variable.slice(0, at), variable.slice(at + 1)];
    }),
  );
  const before = parts.map(
    (part): RunsNote => ({
      key: 'script',
      kind: 'left-out',
      text: `"${part}" ran before each start: run it in the deploy, before the start or the reload`,
    }),
  );
  return { ...runs, variables: { ...variables, ...runs.variables }, notes: [...before, ...runs.notes] };
}

function ofPackageManager(command: Command, cwd: string, depth: number): Runs | Refused {
  const script = packageScript(command, cwd);
  if ('refused' in script) return script;
  if ('command' in script) return ofCommand(script.command, cwd, depth + 1);
  const runs = ofShell(script.runs, cwd, depth);
  if ('refused' in runs) return { refused: `${script.typed} runs "${script.runs}": ${runs.refused}` };
  const notes = [...script.notes, ...runs.notes];
  return { ...runs, args: [...runs.args, ...script.words], through: script.typed, notes };
}
