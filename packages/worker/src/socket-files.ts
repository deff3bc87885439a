/**
 * Keeps the files of the served unix sockets. Many apps remove the file before they listen there, and again in their
 * clean-up: under node the first removes what a crash has left behind, and the second is the end of the socket. Here the
 * master has bound it and other workers serve on it, and without the file no client reaches them. So `unlink`, `rm` and
 * `rename` of node:fs succeed for these paths and do nothing. The master removes the file at the stop.
 *
 * Code that has taken a function out of node:fs before (a preloaded module), and other processes, still remove the file.
 */
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

// biome-ignore lint/suspicious/noExplicitAny: the functions of node:fs, whatever they take
type Any = (...args: any[]) => unknown;
type Style = (call: () => unknown, args: readonly unknown[]) => unknown;

/** How each function is told to have done its work. */
const succeeds: Style = () => undefined;
const resolves: Style = async () => undefined;
/** Without a callback Node's own function throws, and removes nothing. */
const callsBack: Style = (call, args) => {
  const callback = args.at(-1);
  if (typeof callback !== 'function') return call();
  setImmediate(callback as Any, null);
};

/**
 * @param served absolute paths of unix sockets
 * @param onKept called at the first attempt, with the path
 */
export function keepSocketFiles(served: readonly string[], onKept: (path: string) => void): void {
  const kept = new Set(served.map(canonical));
  const names = new Set(served.map((each) => path.basename(each)));
  let isTold = false;

  const keptOf = (args: readonly unknown[]): string | undefined => {
    for (const arg of args) {
      const file = textOf(arg);
      // First the name, because apps remove many files.
      if (file === undefined || !names.has(path.basename(file)) || !kept.has(canonical(file))) continue;
      return file;
    }
  };
  const guard = (owner: object, name: string, paths: 1 | 2, style: Style) => {
    const functions = owner as Record<string, Any>;
    const original = functions[name];
    if (typeof original !== 'function') return;
    const guarded = function (this: unknown, ...args: unknown[]) {
      const call = () => Reflect.apply(original, this, args);
      const file = keptOf(args.slice(0, paths));
      if (file === undefined) return call();
      if (!isTold) onKept(file);
      isTold = true;
      return style(call, args);
    };
    Object.defineProperties(guarded, Object.getOwnPropertyDescriptors(original));
    functions[name] = guarded;
  };

  for (const [name, paths] of [
    ['unlink', 1],
    ['rm', 1],
    // To the path as well: the new file would take the place of the socket.
    ['rename', 2],
  ] as const) {
    guard(fs, name, paths, callsBack);
    guard(fs, `${name}Sync`, paths, succeeds);
    guard(fs.promises, name, paths, resolves);
  }
  // For `import { unlinkSync } from 'node:fs'`.
  syncBuiltinESMExports();
}

function textOf(value: unknown): string | undefined {
  if (typeof value === 'string') return value;
  if (value instanceof Uint8Array) return Buffer.from(value).toString();
  if (!(value instanceof URL)) return undefined;
  try {
    return fileURLToPath(value);
  } catch {
    return undefined;
  }
}

/** The directory without symbolic links: `/var/run` is `/run`. */
function canonical(file: string): string {
  const absolute = path.resolve(file);
  try {
    return path.join(fs.realpathSync.native(path.dirname(absolute)), path.basename(absolute));
  } catch {
    return absolute;
  }
}
