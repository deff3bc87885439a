/**
 * Runs the program that scripts/program.mjs builds: the modules that every start needs, as functions in one script. V8 has
 * compiled it before where a cache is there (https://nodejs.org/api/vm.html#new-vmscriptcode-options, `cachedData`): on every
 * Node, and for the price of one file. Node's own compile cache begins with 22.1, and its ES modules take a turn of the
 * event loop and a look at the disk each.
 */
import fs from 'node:fs';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import vm from 'node:vm';
import { type Refusal, readCode, sumOf, withSums } from './code-file.ts';

type Exports = Record<string, unknown>;
type Import = (url: string) => Promise<unknown>;
type Body = (
  module: { exports: Exports },
  exports: Exports,
  require: (name: string) => unknown,
  importUrl: Import,
  url: string,
) => void;

export interface ProgramFiles {
  readonly directory: string;
  /** The script of the start. */
  readonly start: string;
  /** A file that only root, or the user of this process, can write; where it is absent, V8 compiles. */
  readonly code: string | undefined;
}

export interface Program {
  require(name: string): unknown;
  /** V8 has taken the code of the file. */
  readonly isCached: boolean;
  /** The file was there, and V8 has not taken its code; it has been removed. */
  readonly refused: Refusal | undefined;
  /** Everything that V8 has compiled so far, for the file. It takes some milliseconds. */
  compiled(): Buffer;
}

/** @param own the `require` of the entry point, for the modules of Node; `importUrl` its `import()` */
export function openProgram(
  { directory, start, code }: ProgramFiles,
  own: (name: string) => unknown,
  importUrl: Import,
): Program {
  const loaded = new Map<string, { exports: Exports }>();
  const url = pathToFileURL(join(directory, start)).href;
  const text = fs.readFileSync(join(directory, start));
  const source = sumOf(text);
  const found = code === undefined ? undefined : readCode(code, source);
  const script = compile(join(directory, start), text, found && 'code' in found ? found.code : undefined);
  const refused = refusalOf(found, script, code);
  if (refused) remove(refused.file);
  const bodies = script.runInThisContext() as Record<string, Body>;
  const load = (name: string): Exports => {
    const known = loaded.get(name);
    if (known) return known.exports;
    const body =
      bodies[name] ??
      (compile(join(directory, name), fs.readFileSync(join(directory, name))).runInThisContext() as Body);
    const module = { exports: {} };
    loaded.set(name, module);
    try {
      body(module, module.exports, require, importUrl, url);
    } catch (error) {
      loaded.delete(name);
      throw error;
    }
    return module.exports;
  };
  const require = (name: string) => (name.startsWith('./') ? load(name.slice(2)) : own(name));
  return {
    require,
    isCached: script.cachedDataRejected === false,
    refused,
    compiled: () => withSums(source, script.createCachedData()),
  };
}

function refusalOf(
  found: ReturnType<typeof readCode>,
  script: vm.Script,
  file: string | undefined,
): Refusal | undefined {
  if (found && 'reason' in found) return found;
  // Another CPU, or flags that no name tells.
  if (file === undefined || !script.cachedDataRejected) return undefined;
  return { file, reason: 'is refused by V8', isUnsafe: false };
}

function remove(file: string): void {
  try {
    fs.rmSync(file, { force: true });
  } catch {
    // A directory, or a disk that is read-only: it is refused again.
  }
}

/** The scripts are ASCII: esbuild escapes the rest. */
function compile(filename: string, text: Buffer, cachedData?: Buffer): vm.Script {
  return new vm.Script(text.toString('latin1'), { filename, ...(cachedData && { cachedData }) });
}

/**
 * Writes the code for the next process that runs the program, in one step: one that starts meanwhile never reads a part.
 * @param file in a directory that nobody else can write to @throws the error of the file system
 */
export function keepCompiled(program: Pick<Program, 'compiled'>, file: string): void {
  const draft = join(dirname(file), `.${process.pid}-${Math.random().toString(36).slice(2, 8)}`);
  try {
    fs.writeFileSync(draft, program.compiled(), { flag: 'wx', mode: 0o600 });
    fs.renameSync(draft, file);
  } catch (error) {
    fs.rmSync(draft, { force: true });
    throw error;
  }
}
