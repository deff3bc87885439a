/**
 * The place in the source that Node shows above an uncaught exception. V8 tells it to Node's C++ alone, so it is found again
 * from the stack of the error, which says where the error was made: mostly the statement that throws it.
 *
 * Sources of Node's own modules come from `process.binding('natives')`, the same in Node 20, 22, 24 and 26; where it is
 * missing, and for what has no stack (a thrown string), the place is left out.
 */
import fs from 'node:fs';
import { fileURLToPath } from 'node:url';
import { hasNodeFlag } from '../node-flag.ts';

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
/** In how many functions that have called it. */
const CALLERS = 3;

/** @param isThrown false for an unhandled rejection, of which Node shows where the error was made */
export function thrownPlace(stack: string, isThrown: boolean): string {
  const [made, ...callers] = places(stack);
  if (!made) return '';
  const place = (isThrown && throwOf(made, callers)) || made;
  const text = linesOf(place.file)[place.line - 1];
  if (text === undefined) return '';
  const indent = text.slice(0, place.column - 1).replace(/[^\t]/g, ' ');
  return `${place.file}:${place.line}\n${text}\n${indent}^\n\n`;
}

/** For an 'error' event without a listener: Node throws what it was given, or for what is no error one of its own. */
export function unheardPlace(isOwn: boolean): string {
  const lines = linesOf('node:events');
  const find = (name: string) =>
    lines.findIndex((text) => text.includes(`throw ${name}; // Unhandled 'error' event`));
  const at = Math.max(isOwn ? find('err') : -1, find('er'));
  const text = lines[at];
  return text === undefined
    ? ''
    : `node:events:${at + 1}\n${text}\n${' '.repeat(text.indexOf('throw'))}^\n\n`;
}

const framesOf = (stack: string): string[] => stack.split('\n').filter((line) => line.startsWith('    at '));

export const firstFrame = (stack: string): string => framesOf(stack)[0] ?? '';

function places(stack: string): Place[] {
  const [first, ...rest] = framesOf(stack).map((frame): Place[] => {
    const [, file, line, column] = FRAME.exec(frame) ?? [];
    return file === undefined ? [] : [{ file, line: Number(line), column: Number(column) }];
  });
  // Without the place of the first frame, that of the next one is another.
  return first?.length ? [...first, ...rest.slice(0, CALLERS).flat()] : [];
}

/**
 * `throw new X()`; `const error = new X(); throw error;`; `throw f()` of a function that makes it. Undefined for what is
 * thrown by an operator or by Node.
 */
function throwOf(made: Place, callers: readonly Place[]): Place | undefined {
  const lines = linesOf(made.file);
  const { line, column } = made;
  const text = lines[line - 1] ?? '';
  const direct = throwBefore(made);
  if (direct || !text.startsWith('new ', column - 1)) return direct;
  const [, name] = /([\w$]+)\s*=\s*$/.exec(text.slice(0, column - 1)) ?? [];
  const throws = name === undefined ? undefined : new RegExp(`\\bthrow ${name.replace(/\$/g, '\\$&')}\\b`);
  for (let at = line; throws && at < line + LINES; at++) {
    const from = at === line ? column : 0;
    const found = throws.exec((lines[at - 1] ?? '').slice(from));
    if (found) return { file: made.file, line: at, column: from + found.index + 1 };
  }
  return callers.map(throwBefore).find((place) => place !== undefined);
}

/** The `throw` of what is made or called here. */
function throwBefore({ file, line, column }: Place): Place | undefined {
  const before = (linesOf(file)[line - 1] ?? '').slice(0, column - 1);
  const found = /\bthrow\s+(?:[\w.]+\()*[\w$.]*$/.exec(before);
  return found ? { file, line, column: found.index + 1 } : undefined;
}

const linesOf = (file: string): string[] => sourceOf(file)?.split(/\r?\n/) ?? [];

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
  // With this flag, however it is given, the call prints a warning.
  const warns = hasNodeFlag('--pending-deprecation') || process.env.NODE_PENDING_DEPRECATION === '1';
  return warns ? undefined : binding?.('natives');
}
