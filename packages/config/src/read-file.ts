/** Reads a config file into an object. Workers import this file too, so it stays lean. */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { extname } from 'node:path';
import { describeThrown, stackOf, TshornError } from '@tshorn/core';
import { EndedEarly, guardExit } from './exit-guard.ts';
import type { Hooks } from './hooks.ts';
import { importFresh, withoutQuery } from './import-fresh.ts';
import type { UserConfig } from './user-config.ts';

/**
 * Returns the exports of the file, read afresh. The only check is that they are an object.
 * @throws TshornError ERR_CONFIG_FILE naming the file, and the line where the parser gives one
 */
export function readConfigFile(file: string): Promise<UserConfig> {
  return readObject(file, (run) => guardExit(file, run));
}

type Run = () => Promise<unknown>;

async function readObject(file: string, guard: (run: Run) => Promise<unknown>): Promise<UserConfig> {
  if (!existsSync(file)) throw new TshornError('ERR_CONFIG_FILE', `${file}: there is no such config file`);
  const exported = extname(file) === '.json' ? parseJson(file) : await readScript(file, guard);
  if (typeof exported === 'object' && exported !== null && !Array.isArray(exported)) return exported;
  throw new TshornError(
    'ERR_CONFIG_FILE',
    `${file}: got ${exported === undefined ? 'no default export' : describeThrown(exported)}; expected an object`,
    { fix: 'write `export default { workers: 4 }`, or export a function that returns such an object' },
  );
}

/**
 * The hooks of a config file, for a worker. The master has checked them before it forked anything. A worker may exit, and
 * the guard's asynchronous context would slow each of its requests before Node 24.
 */
export async function loadHooks(file: string): Promise<Hooks> {
  return (await readObject(file, (run) => run())).hooks ?? {};
}

function parseJson(file: string): unknown {
  const text = readFileSync(file, 'utf8').replace(/^\uFEFF/, '');
  try {
    return JSON.parse(text);
  } catch (error) {
    const { message } = error as SyntaxError;
    const position = /at position (\d+)/.exec(message)?.[1];
    const line = position === undefined ? '' : `:${text.slice(0, Number(position)).split('\n').length}`;
    throw new TshornError('ERR_CONFIG_FILE', `${file}${line}: ${message}`);
  }
}

async function readScript(file: string, guard: (run: Run) => Promise<unknown>): Promise<unknown> {
  try {
    return await guard(() => runScript(file));
  } catch (error) {
    throw describeFailure(file, error);
  }
}

/** Below this function's frame a stack is ours: `authorsStack` knows its name. */
async function runScript(file: string): Promise<unknown> {
  const exported = unwrapTranspiled(await importFresh(file));
  return await (typeof exported === 'function' ? exported() : exported);
}

/** CommonJS that a compiler made of an ES module has its default export one level down. */
const unwrapTranspiled = (exported: unknown): unknown =>
  typeof exported === 'object' && exported !== null && '__esModule' in exported && 'default' in exported
    ? exported.default
    : exported;

/** The error for a script that cannot be run, with the line where it fails. */
export function describeFailure(file: string, error: unknown): TshornError {
  if ((error as NodeJS.ErrnoException | undefined)?.code === 'ERR_UNKNOWN_FILE_EXTENSION') {
    const extension = extname(file);
    if (extension === '.py') {
      return new TshornError('ERR_CONFIG_FILE', `${file}: a config file of Gunicorn`, {
        fix: 'type: tshorn init, which writes a config file; the extensions that are read are .js, .mjs, .cjs, .ts and .json',
      });
    }
    if (!/^\.[cm]?tsx?$/.test(extension) && String((error as Error).message).includes(file)) {
      return new TshornError('ERR_CONFIG_FILE', `${file}: no config file has this extension`, {
        fix: 'the extensions that are read are .js, .mjs, .cjs, .ts and .json',
      });
    }
    return new TshornError(
      'ERR_CONFIG_FILE',
      `${file}: Node ${process.versions.node} does not run TypeScript`,
      {
        fix: 'use Node 22.18 or newer, or rename the file to .mjs and take the types out',
      },
    );
  }
  if (error instanceof EndedEarly) {
    return new TshornError('ERR_CONFIG_FILE', `${file}: ${error.message}`, {
      fix: error.fix,
      ...(error.stack && { detail: withoutQuery(authorsStack(error.stack)) }),
    });
  }
  if (error instanceof Error && error.name === 'SyntaxError') return describeSyntaxError(file, error);
  return new TshornError('ERR_CONFIG_FILE', `${file}: ${withoutQuery(describeThrown(error))}`, {
    ...otherKind(file, error),
    detail: withoutQuery(authorsStack(stackOf(error))),
  });
}

function describeSyntaxError(file: string, error: Error): TshornError {
  const excerpt = excerptOf(error.stack) ?? excerptOf(checkSyntax(file));
  const line = /^[^\n]*?:(\d+)\n/.exec(excerpt ?? '')?.[1];
  return new TshornError('ERR_CONFIG_FILE', `${file}${line ? `:${line}` : ''}: ${error.message}`, {
    ...otherKind(file, error),
    ...(excerpt && { detail: withoutQuery(excerpt) }),
  });
}

/** The mending of a file that Node takes for the other kind of module. */
function otherKind(file: string, error: unknown): { fix?: string } {
  const message = error instanceof Error ? error.message : '';
  if (/^Cannot use import statement outside a module|^Unexpected token 'export'/.test(message)) {
    return extname(file) === '.mjs' ? {} : { fix: 'rename the file to .mjs: to Node this one is CommonJS' };
  }
  if (!/^(module|exports|require) is not defined in ES module scope/.test(message)) return {};
  return { fix: 'rename the file to .cjs, or write `export default`: to Node this one is an ES module' };
}

/** Node 20 keeps the line of a syntax error in an ES module to itself, but `node --check` tells it. */
const checkSyntax = (file: string) =>
  spawnSync(process.execPath, ['--check', file], { encoding: 'utf8', timeout: 15_000 }).stderr;

/** `FILE:LINE`, the line and a caret, which Node puts before the name of the error. */
const excerptOf = (text: string | undefined) => /^([\s\S]+?)\n+SyntaxError/.exec(text ?? '')?.[1];

/** The frames of the file's author, without Node's loader and ours below them. */
function authorsStack(stack: string): string {
  const lines = stack.split('\n');
  const end = lines.findIndex((line) => /^\s+at .*(ModuleJob|Module\._compile|runScript)/.test(line));
  return (end === -1 ? lines : lines.slice(0, end)).join('\n');
}
