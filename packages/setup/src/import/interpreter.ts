/** `interpreter` of PM2: Node itself, a loader for Node, or a program that is not Node. */
import { existsSync, realpathSync } from 'node:fs';
import { basename, resolve } from 'node:path';
import type { RunsNote } from './runs.ts';

interface Interpreter {
  /** Options of Node that do the same. */
  readonly flags: readonly string[];
  readonly notes: readonly RunsNote[];
  readonly refused?: string;
}

const LOADERS: Readonly<Record<string, readonly string[]>> = {
  tsx: ['--import', 'tsx'],
  'ts-node': ['-r', 'ts-node/register'],
  'ts-node-transpile-only': ['-r', 'ts-node/register/transpile-only'],
  'ts-node-esm': ['--loader', 'ts-node/esm'],
  'ts-node-dev': ['-r', 'ts-node/register'],
  'babel-node': ['-r', '@babel/register'],
  'esbuild-register': ['-r', 'esbuild-register'],
};
const OTHERS =
  /^(bun|deno|python[\d.]*|pypy\d*|ruby|php[\d.]*|perl|bash|sh|zsh|java|dotnet|go|coffee|lsc|docker)$/;
const NODE = /^node(js)?(@.+)?$/;

const nameOf = (program: string) => basename(program).replace(/\.[cm]?js$/, '');

/** The options of Node that do what this program does before it runs a file; undefined for one that is no loader. */
export const loaderOf = (program: string): readonly string[] | undefined => LOADERS[nameOf(program)];

/** The name of a program that is known not to be Node. */
export const otherProgram = (program: string): string | undefined =>
  OTHERS.test(nameOf(program)) ? nameOf(program) : undefined;

export function interpreterOf(given: string | undefined, cwd: string): Interpreter {
  if (given === undefined || given === 'none' || given === 'node') return { flags: [], notes: [] };
  const flags = loaderOf(given);
  if (flags) return { flags, notes: [] };
  if (NODE.test(nameOf(given))) return { flags: [], notes: otherNode(given, cwd) };
  const refused = `${nameOf(given)} runs it, and tshorn serves Node apps: leave it to PM2, or make it a systemd service`;
  return { flags: [], notes: [], refused };
}

/** The workers run on the Node that runs tshorn. */
function otherNode(given: string, cwd: string): readonly RunsNote[] {
  const [, version] = /@(.+)$/.exec(given) ?? [];
  const path = resolve(cwd, given);
  if (version === undefined && existsSync(path) && realpathSync(path) === realpathSync(process.execPath))
    return [];
  if (
    version !== undefined &&
    `${process.versions.node}.`.startsWith(`${version.replace(/^v/, '').replace(/\.x.*$/, '')}.`)
  )
    return [];
  const how = version === undefined ? given : `that of version ${version}`;
  const text = `the workers run on the Node that runs tshorn (now ${process.versions.node}): start tshorn by ${how}`;
  return [{ key: 'interpreter', kind: 'differs', text }];
}
