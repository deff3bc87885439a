/**
 * The place in the source that Node shows above an uncaught exception. V8 tells it to Node's C++ alone, so it is found again
 * from the stack of the error, which says where the error was made: mostly the statement that throws it.
 *
 * Sources of Node's own modules come from `process.binding('natives')`, the same in Node 20, 22, 24 and 26; where it is
 * missing, and for what has no stack (a thrown string), the place is left out.
 */
import fs from 'node:fs';
import { fileURLToPath } from 'node:url';

/** Kept from before the app is loaded, which may replace it. */
const { readFileSync } = fs;

interface Place {
  /** As in the stack. */
  readonly file: string;
  /** From 1 on. */
  readonly line: number;
  readonly column: number;
}

/** A line of a stack: `    at name (file:1:2)`, `    at file:1:2`, `    at async file:1:2`. */
const FRAME = /^ {4}at (?:.*\()?(?:async )?(.+?):(\d+):(\d+)\)?$/;

/** How many lines below the making of an error its `throw` is looked for. */
const LINES = 5;

/** @param isThrown false for an unhandled rejection, of which Node shows where the error was made */
export function thrownPlace(stack: string, isThrown: boolean): string {
  const made = firstPlace(stack);
  const source = made && sourceOf(made.file);
  if (!made || source === undefined) return '';
  const lines = source.split(/\r?\n/);
  const { line, column } = isThrown ? (throwOf(lines, made) ?? made) : made;
  const text = lines[line - 1];
  if (text === undefined) return '';
  const indent = text.slice(0, column - 1).replace(/[^\t]/g, ' ');
  return `${made.file}:${line}\n${text}\n${indent}^\n\n`;
}

/** Of an 'error' event without a listener: Node throws what it was given, or for what is no error one of its own. */
export function unheardPlace(isOwn: boolean): string {
  const lines = sourceOf('node:events')?.split('\n') ?? [];
  const find = (name: string) =>
    lines.findIndex((text) => text.includes(`throw ${name}; // Unhandled 'error' event`));
  const at = Math.max(isOwn ? find('err') : -1, find('er'));
  const text = lines[at];
  return text === undefined
    ? ''
    : `node:events:${at + 1}\n${text}\n${' '.repeat(text.indexOf('throw'))}^\n\n`;
}

export const firstFrame = (stack: string): string =>
  stack.split('\n').find((line) => line.startsWith('    at ')) ?? '';

function firstPlace(stack: string): Place | undefined {
  const [, file, line, column] = FRAME.exec(firstFrame(stack)) ?? [];
  return file === undefined ? undefined : { file, line: Number(line), column: Number(column) };
}

/** `throw new X()`, or `const error = new X(); throw error;`; undefined for what is thrown by an operator or by Node. */
function throwOf(
  lines: readonly string[],
  { line, column }: Place,
): Pick<Place, 'line' | 'column'> | undefined {
  const text = lines[line - 1] ?? '';
  const before = text.slice(0, column - 1);
  const direct = /\bthrow\s+(?:[\w.]+\()*$/.exec(before);
  if (direct) return { line, column: direct.index + 1 };
  const [, name] = /([\w$]+)\s*=\s*$/.exec(before) ?? [];
  if (name === undefined || !text.startsWith('new ', column - 1)) return undefined;
  const throws = new RegExp(`\\bthrow ${name.replace(/\$/g, '\\$&')}\\b`);
  for (let at = line; at < line + LINES; at++) {
    const from = at === line ? column : 0;
    const found = throws.exec((lines[at - 1] ?? '').slice(from));
    if (found) return { line: at, column: from + found.index + 1 };
  }
  return undefined;
}

function sourceOf(file: string): string | undefined {
  try {
    if (file.startsWith('node:')) return natives()?.[file.slice('node:'.length)];
    return readFileSync(file.startsWith('file:') ? fileURLToPath(file) : file, 'utf8');
  } catch {
    return undefined;
  }
}

function natives(): Record<string, string> | undefined {
  const { binding } = process as { binding?: (name: string) => Record<string, string> };
  // With this flag the call prints a warning.
  return process.execArgv.includes('--pending-deprecation') ? undefined : binding?.('natives');
}
