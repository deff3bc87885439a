/** `pm2 start ...` as a command line of tshorn. Pure. */

import { shellWord } from '../shell-word.ts';

export interface StartLine {
  /** The first word that is no option: `app.js`. Undefined where there is none. */
  readonly app: string | undefined;
  /** The line to type. */
  readonly line: string;
  /** Words that have no counterpart. */
  readonly leftOut: readonly string[];
}

/** Options of PM2 with a value -> the option here; undefined: it has none. */
const WITH_VALUE: Readonly<Record<string, ((value: string) => string[]) | undefined>> = {
  '--instances': (value) => (/^[1-9]\d*$/.test(value) ? ['--workers', value] : []),
  '--max-memory-restart': (value) => ['--max-memory', value],
  '--kill-timeout': (value) => ['--grace', `${value}ms`],
  '--listen-timeout': (value) => ['--boot-timeout', `${value}ms`],
  '--node-args': (value) => ['--node-options', value],
  '--cwd': (value) => ['--chdir', value],
  '--log': (value) => ['--output-file', value],
  '--output': (value) => ['--output-file', value],
  '--ignore-watch': (value) => ['--watch-ignore', value],
  '--name': undefined,
  '--env': undefined,
  '--interpreter': undefined,
  '--error': undefined,
  '--pid': (value) => ['--pid-file', value],
  '--cron': undefined,
  '--restart-delay': undefined,
  '--exp-backoff-restart-delay': undefined,
  '--stop-exit-codes': undefined,
  '--max-restarts': undefined,
  '--namespace': undefined,
  '--log-date-format': undefined,
};
const ALONE: Readonly<Record<string, string[] | undefined>> = {
  '--watch': ['--watch'],
  '--wait-ready': ['--wait-ready'],
};
const SHORTS: Readonly<Record<string, string>> = {
  '-i': '--instances',
  '-n': '--name',
  '-l': '--log',
  '-o': '--output',
  '-e': '--error',
  '-p': '--pid',
  '-c': '--cron',
};
/** They say what is so here in any case. */
const IMPLIED = ['--name', '--no-daemon', '-f', '--force', '--help', '-h'];

/** @param words the words after `start` */
export function startLine(words: readonly string[]): StartLine {
  const end = words.indexOf('--');
  const before = end === -1 ? words : words.slice(0, end);
  const behind = end === -1 ? [] : words.slice(end);
  const apps: string[] = [];
  const flags: string[] = [];
  const leftOut: string[] = [];
  for (let at = 0; at < before.length; at++) {
    const word = before[at] as string;
    if (!word.startsWith('-')) {
      apps.push(word);
      continue;
    }
    const [short = '', ...rest] = word.split('=');
    const name = SHORTS[short] ?? short;
    if (name in WITH_VALUE) {
      const value = rest.length > 0 ? rest.join('=') : (before[++at] ?? '');
      const made = WITH_VALUE[name]?.(value);
      if (made) flags.push(...made);
      else if (!IMPLIED.includes(name)) leftOut.push(name);
    } else if (ALONE[name]) flags.push(...ALONE[name]);
    else if (!IMPLIED.includes(name)) leftOut.push(name);
  }
  const [app, ...others] = apps;
  return {
    app,
    line: ['tshorn', app ?? 'APP', ...flags, ...behind].map(shellWord).join(' '),
    leftOut: [...others, ...leftOut],
  };
}
