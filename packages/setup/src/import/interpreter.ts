/** `interpreter` of PM2: Node itself, a loader for Node, or a program that is not Node. */
import { existsSync, realpathSync } from 'node:fs';
import { basename, resolve } from 'node:path';
import type { RunsNote } from './runs.ts';

interface Interpreter {
  /** Options of Node that do the same. */
  readonly flags: readonly string[];
  readonly notes: readonly RunsNote[];
  readonly isLoader?: true;
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
const NODE = /^node(js)?$/;

export function interpreterOf(given: string | undefined, cwd: string): Interpreter {
  const name = given === undefined ? 'node' : basename(given).replace(/\.[cm]?js$/, '');
  const flags = LOADERS[name];
  if (flags) return { flags, notes: [], isLoader: true };
  if (given === undefined || given === 'none' || given === 'node') return { flags: [], notes: [] };
  if (/^node@/.test(name) || NODE.test(name)) return { flags: [], notes: otherNode(given, cwd) };
  const refused = `${name} runs it, and tshorn serves Node apps: leave it to PM2, or make it a systemd service`;
  return OTHERS.test(name) || given !== name
    ? { flags: [], notes: [], refused }
    : { flags: [], notes: [], refused: `its interpreter "${given}" is none that tshorn knows` };
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
