/** `pm2 start ...`: what to type instead. */
import { readdirSync, readFileSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { configFileNames } from '@tshorn/config';
import { isConfigOfTshorn, isEcosystem, isFile } from '@tshorn/core';
import { divideEnvFiles } from '../import/env-files.ts';
import { resolveScript } from '../import/script.ts';
import { shellWord } from '../shell-word.ts';
import { type StartLine, serveLine, startLine, unitLine } from './start-line.ts';

type Said = readonly [message: string, fix: string];

const FOREGROUND = 'an app is started by its name, and stays in the foreground';

export function start(words: readonly string[], cwd: string): Said {
  const given = startLine(words);
  const { app } = given;
  if (app === undefined) {
    const hasConfig = configFileNames(cwd).some((file) => isFile(file));
    return [FOREGROUND, linesFor(hasConfig ? given : { ...given, app: 'APP' }, [])];
  }
  const isCommandLine = /\s/.test(app) && !isFile(resolve(cwd, app)) && !isEcosystem(app);
  if (isCommandLine || PROGRAMS.includes(app)) return startCommand(given, app, cwd);
  if (isConfigOfTshorn(app)) {
    return ['a config file is named by an option', `type: tshorn --config ${shellWord(app)}`];
  }
  return isEcosystem(app) ? startEcosystem(given, app, cwd) : [FOREGROUND, linesFor(given, [])];
}

/** Programs that start the app: the app itself is named. */
const PROGRAMS = ['npm', 'yarn', 'pnpm', 'npx', 'bunx', 'node', 'nodejs'];

function startCommand(given: StartLine, program: string, cwd: string): Said {
  const runs = resolveScript({ program, words: given.args, interpreter: undefined, cwd });
  if ('refused' in runs) {
    const why = runs.refused.replace(/[,:]?[^,:]*, and import again$/, '');
    return [
      `"${[program, ...given.args].join(' ')}" is no app: ${why}`,
      'name the file or the command of a package that starts it: tshorn APP',
    ];
  }
  const { rest, files } = divideEnvFiles(runs.flags, (file) => isFile(resolve(cwd, file)));
  const flags = [
    ...(rest.length > 0 ? ['--node-options', rest.join(' ')] : []),
    ...files.flatMap((file) => ['--environment-file', file]),
    ...given.flags,
  ];
  const variables = Object.entries(runs.variables).map(([name, value]) => `${name}=${value}`);
  return [FOREGROUND, linesFor({ ...given, app: runs.app, args: runs.args, flags }, variables)];
}

function linesFor(given: StartLine, variables: readonly string[]): string {
  const before = variables.map((variable) => `${shellWord(variable)} `).join('');
  const { leftOut } = given;
  const without = leftOut.length === 0 ? '' : ` (${leftOut.join(', ')}: no counterpart in this line)`;
  const inService = variables.length === 0 ? '' : `, for which ${variables.join(' ')} goes into its env file`;
  return `type: ${before}${serveLine(given)}${without}; ${unitLine(given)} prints a service${inService}`;
}

/** An ecosystem file is imported once; then its config files are started. */
function startEcosystem({ forImport }: StartLine, file: string, cwd: string): Said {
  const made = configsOf(file, forImport, cwd);
  if (made.length > 0) {
    const lines = made.map((name) => `tshorn --config ${shellWord(name)}`);
    const all = lines.length === 1 ? lines[0] : `${lines.join(', ')}, each as a service or in a terminal`;
    return [`${file} is imported already, and each app of it is a server of its own`, `type: ${all}`];
  }
  const words = ['tshorn', 'import', file, ...forImport].map(shellWord).join(' ');
  return [
    'an ecosystem file is imported once, which makes a config file of each app; that file starts a server',
    `type: ${words}`,
  ];
}

/** The config files in the directory that an import of that file has made: the first line of each says so. */
function configsOf(file: string, forImport: readonly string[], cwd: string): string[] {
  const given = (flag: string) => forImport[forImport.indexOf(flag) + 1] as string;
  const environment = forImport.includes('--env') ? `, environment "${given('--env')}". ` : '. ';
  const only = forImport.includes('--only') ? given('--only').split(',') : undefined;
  return readdirSync(cwd)
    .filter(isConfigOfTshorn)
    .filter((name) => {
      const [head = ''] = readFileSync(join(cwd, name), 'utf8').split('\n');
      const [, app] = /^\/\/ App "(.*)" of /.exec(head) ?? [];
      const isOfFile = head.includes(`" of ${basename(file)}${environment}Made by tshorn import`);
      return app !== undefined && isOfFile && (only?.includes(app) ?? true);
    });
}
