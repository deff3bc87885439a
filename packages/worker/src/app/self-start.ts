/**
 * An exported function may make the app, and waits to be called; or it is the start of a script that calls it by itself
 * (`module.exports = main; main()`), and must not run twice.
 */
import { readFileSync } from 'node:fs';
import type { PendingWork } from './pending-work.ts';

/** Work that is under way for longer, such as an open connection to a database, does not wait for a factory's call. */
const PATIENCE_MS = 1_000;

/** Resolves when the module has nothing under way that could be its own start. */
export async function whenToCall(name: string, file: string, pending: PendingWork): Promise<void> {
  await pending.over(callsItself(name, file) ? undefined : PATIENCE_MS);
}

/** True when the text of the file calls the function of that name, or a method of it. */
export function callsItself(name: string, file: string): boolean {
  if (!/^[\w$]+$/.test(name) || name === 'default') return false;
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch {
    return false;
  }
  const code = text.replace(/\/\*[\s\S]*?\*\/|(?<!:)\/\/.*/g, '');
  const call = new RegExp(
    `(?<!function\\s*\\*?\\s*|[\\w$.])${name.replaceAll('$', '\\$')}\\s*(?:\\.\\s*\\w+\\s*)?\\(`,
  );
  return call.test(code);
}
