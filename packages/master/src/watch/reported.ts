/** Reads what Node in a worker reports of the files that it loads (core/src/watch-variable.ts). Pure. */
import { fileURLToPath } from 'node:url';

const KINDS = ['watch:require', 'watch:import'];

/** PATH_MAX of Linux, with room. */
const LONGEST = 8_192;
/** Node tells a file by a message of its own, and a missing one by the few names that it might have. */
const MOST = 64;

/**
 * Returns the absolute paths that a message names; undefined for a message of another kind. An app can send one too:
 * names that are no path of a file are left out.
 */
export function reportedFiles(message: unknown): readonly string[] | undefined {
  if (typeof message !== 'object' || message === null) return undefined;
  const kind = KINDS.find((name) => Object.hasOwn(message, name));
  if (kind === undefined) return undefined;
  const names: unknown = (message as Record<string, unknown>)[kind];
  if (!Array.isArray(names)) return [];
  return names.slice(0, MOST).flatMap((name) => pathOf(name) ?? []);
}

function pathOf(name: unknown): string | undefined {
  if (typeof name !== 'string' || name.length > LONGEST || name.includes('\0')) return undefined;
  if (name.startsWith('/')) return name;
  if (!name.startsWith('file:')) return undefined;
  try {
    return fileURLToPath(name);
  } catch {
    // With a host, or an encoded slash: Node could not have loaded it.
    return undefined;
  }
}

/** The file in which the parser has met an error: Node 22 does not report it. */
export const brokenFile = (excerpt: string | undefined): string | undefined =>
  pathOf(/^((?:file:\/\/)?\/.*):\d+(?:\n|$)/.exec(excerpt ?? '')?.[1]);
