/**
 * Finds the path of a program that stays the same when the program is updated: a service keeps the path for years.
 * Pure but for what it asks the machine.
 */
import { dirname, join, relative } from 'node:path';
import { commandsOf } from '@tshorn/core';
import type { Machine } from './machine.ts';

export interface FoundProgram {
  readonly path: string;
  /** Why the path will not last, and what to do about it. */
  readonly warning?: string;
}

/** A directory that an update leaves behind: `v24.1.0`, `node-v24.1.0-linux-x64`, a Homebrew cellar, a Nix store. */
const VERSIONED = /\/[^/]*\d+\.\d+[^/]*\/|\/Cellar\/|^\/nix\/store\/|^\/snap\/[^/]+\/\d+\//;
/** A directory that ends with a shell, or that npm empties. */
const PASSING = /\/fnm_multishells\/|\/_npx\/|^\/run\/user\/|^\/tmp\//;

const lasts = (path: string): boolean => !VERSIONED.test(path) && !PASSING.test(path);

/** The path of Node for a unit. */
export function findNode(machine: Machine): FoundProgram {
  const { execPath, env } = machine;
  const paths = [
    execPath,
    ...inPath(env.PATH, 'node'),
    '/usr/local/bin/node',
    '/usr/bin/node',
    ...linksTo(execPath, machine),
  ];
  const found = paths.find((path) => lasts(path) && machine.realpath(path) === execPath);
  if (found !== undefined) return { path: found };
  const shim = shims(machine).find((path) => machine.stat(path) && machine.becomesNode(path));
  if (shim !== undefined) return { path: shim };
  return { path: execPath, warning: warningOf(execPath) };
}

const inPath = (path = '', name: string): string[] =>
  path
    .split(':')
    .filter((directory) => directory.startsWith('/'))
    .map((directory) => join(directory, name));

/**
 * Paths to `file` through a symbolic link beside one of its directories: `current` of nvm, `22` of mise, `default` of fnm,
 * `/opt/node`. A link that names a major version comes before `latest`.
 */
function linksTo(file: string, machine: Machine): string[] {
  const found: string[] = [];
  for (let at = dirname(file); at !== dirname(at); at = dirname(at)) {
    for (const directory of [at, join(at, 'aliases')]) {
      for (const name of machine.linksIn(directory)) {
        const link = join(directory, name);
        const inside = relative(machine.realpath(link) ?? '/', file);
        if (!inside.startsWith('..')) found.push(join(link, inside));
      }
    }
  }
  const rank = (path: string) => (/\/(current|default|\d+)\//.test(path) ? 0 : 1);
  return found.sort((one, other) => rank(one) - rank(other));
}

/** Programs of version managers that start the chosen Node. */
function shims({ env, account: { home } }: Machine): string[] {
  const data = env.XDG_DATA_HOME || join(home, '.local/share');
  return [
    join(env.ASDF_DATA_DIR || join(home, '.asdf'), 'shims/node'),
    join(env.MISE_DATA_DIR || join(data, 'mise'), 'shims/node'),
    join(env.NODENV_ROOT || join(home, '.nodenv'), 'shims/node'),
    join(env.VOLTA_HOME || join(home, '.volta'), 'bin/node'),
  ];
}

const MANAGERS: readonly (readonly [path: RegExp, name: string, remedy: string])[] = [
  [/\/\.?nvm\//, 'nvm', 'set NVM_SYMLINK_CURRENT=true and run `nvm use`, which makes ~/.nvm/current'],
  [/\/fnm\/|\/\.fnm\//, 'fnm', 'run `fnm default VERSION`, which makes aliases/default'],
  [
    /\/volta\/|\/\.volta\//,
    'Volta',
    'install Node for the whole system; the shims of Volta do not become Node',
  ],
  [/\/mise\//, 'mise', 'run `mise install`, which makes a link for each major version'],
  [/\/\.?asdf\//, 'asdf', 'run `asdf reshim nodejs`, which makes ~/.asdf/shims/node'],
];

function warningOf(execPath: string): string {
  const [, name, remedy] = MANAGERS.find(([path]) => path.test(execPath)) ?? [];
  const by = name === undefined ? 'an update' : `an update by ${name}`;
  const other = remedy === undefined ? 'install Node for the whole system, or make a link to it' : remedy;
  return `the path of Node does not survive ${by}: ${execPath}; ${other}, then print the unit again`;
}

/** The path of this tshorn for a unit, below Node's own path: `node PATH app.js`. */
export function findTshorn(machine: Machine): FoundProgram {
  const { program, env } = machine;
  const own = machine.realpath(program) ?? program;
  const paths = [
    ...inProject(machine.cwd),
    program,
    ...inPath(env.PATH, 'tshorn'),
    ...linksTo(own, machine),
    own,
  ];
  const matching = paths.filter((path) => machine.realpath(path) === own);
  const found = matching.find(lasts);
  if (found !== undefined) return { path: found };
  return {
    path: matching[0] ?? program,
    warning: `the path of tshorn will not last: ${own}; ${remedyFor(own)}, then print the unit again`,
  };
}

function remedyFor(own: string): string {
  if (own.includes('/_npx/')) return 'npx has fetched this tshorn for the moment: run `npm install tshorn`';
  if (PASSING.test(own))
    return 'the machine empties that directory: install the app with its tshorn in a lasting one, such as /srv';
  return 'an update leaves this directory behind: install tshorn in the project, or for the whole system';
}

/** node_modules/.bin of each directory upwards, and the file itself, where pnpm has a shell script in .bin. */
function inProject(cwd: string): string[] {
  const found: string[] = [];
  for (let at = cwd; ; at = dirname(at)) {
    const file = commandsOf(join(at, 'node_modules/tshorn')).get('tshorn');
    found.push(join(at, 'node_modules/.bin/tshorn'), ...(file === undefined ? [] : [file]));
    if (at === dirname(at)) return found;
  }
}
