/** `pm2 start ...` taken apart, and put together as a command line of tshorn. Pure. */
import { readCommandLine, takesNext } from '@tshorn/config';
import { shellWord } from '../shell-word.ts';

export interface StartLine {
  /** The first word that is no option: `app.js`. Undefined where there is none. */
  readonly app: string | undefined;
  readonly name: string | undefined;
  /** Options of tshorn, with their values. */
  readonly flags: readonly string[];
  /** Words behind `--`. */
  readonly args: readonly string[];
  /** `--env` and `--only`, with their values: `tshorn import` has them. */
  readonly forImport: readonly string[];
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
  '--name': () => [],
  '--env': undefined,
  '--only': undefined,
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
  '-k': '--kill-timeout',
  '-c': '--cron',
};
/** They say what is so here in any case. */
const IMPLIED = ['--no-daemon', '-f', '--force', '--update-env', '--help', '-h'];
/** Options here that have one value: the first one stays. */
const ONCE = ['--output-file', '--pid-file'];

/** @param words the words after `start` */
export function startLine(words: readonly string[]): StartLine {
  const end = words.indexOf('--');
  const before = end === -1 ? words : words.slice(0, end);
  const apps: string[] = [];
  const flags: string[] = [];
  const leftOut: string[] = [];
  const forImport: string[] = [];
  let appName: string | undefined;
  const add = (made: readonly string[]) => {
    if (!(ONCE.includes(made[0] ?? '') && flags.includes(made[0] as string))) flags.push(...made);
  };
  for (let at = 0; at < before.length; at++) {
    const word = before[at] as string;
    if (!word.startsWith('-')) {
      apps.push(word);
      continue;
    }
    const [short = '', ...rest] = word.split('=');
    const name = SHORTS[short] ?? short;
    const next = before[at + 1] ?? '';
    const value = rest.length > 0 ? rest.join('=') : next;
    if (name in WITH_VALUE) {
      if (rest.length === 0) at++;
      const made = WITH_VALUE[name]?.(value);
      if (made) add(made);
      else leftOut.push(name);
      if (name === '--name') appName = value;
      if (name === '--env' || name === '--only') forImport.push(name, value);
    } else if (ALONE[name]) flags.push(...ALONE[name]);
    else if (isOwn(word, next)) {
      flags.push(word);
      if (takesNext(word, next)) flags.push(before[++at] as string);
    } else if (!IMPLIED.includes(name)) leftOut.push(name);
  }
  const [app, ...others] = apps;
  const args = end === -1 ? [] : words.slice(end + 1);
  return { app, name: appName, flags, args, forImport, leftOut: [...others, ...leftOut] };
}

/** True for an option of tshorn itself. */
function isOwn(word: string, next: string): boolean {
  try {
    return readCommandLine(takesNext(word, next) ? [word, next] : [word], '/').asks === 'serve';
  } catch {
    return false;
  }
}

/** The line that starts the server; a name is that of its PID file. */
export function serveLine({ app, name, flags, args }: StartLine): string {
  const isNamed = name !== undefined && !flags.includes('--pid-file');
  return line(['tshorn'], app, [...flags, ...(isNamed ? ['--pid-file', `${name}.pid`] : [])], args);
}

/** The line that prints a service for it. */
export function unitLine({ app, name, flags, args }: StartLine): string {
  const kept = flags.filter((flag) => flag !== '--watch');
  return line(['tshorn', 'unit', ...(name === undefined ? [] : ['--name', name])], app, kept, args);
}

function line(
  command: readonly string[],
  app: string | undefined,
  flags: readonly string[],
  args: readonly string[],
): string {
  const words = [...command, ...(app === undefined ? [] : [app]), ...flags];
  return [...words, ...(args.length > 0 ? ['--', ...args] : [])].map(shellWord).join(' ');
}
