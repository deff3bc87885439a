/** Words of other process managers: each is answered with what to type instead. */
import { relative } from 'node:path';
import { resolveApp, TshornError } from '@tshorn/core';
import { shellWord } from '../shell-word.ts';
import { start } from './start.ts';

export interface Surroundings {
  readonly cwd: string;
}

type Answer = (words: readonly string[], around: Surroundings) => Said;
type Said = readonly [message: string, fix: string];

const reload: Said = [
  'a deploy replaces the workers, one by one',
  'type: tshorn reload; for a new Node or tshorn: systemctl restart NAME, or kill -USR2 <pid of the master>',
];
const status: Said = [
  'a master is asked for its workers, and several masters are listed',
  'type: tshorn status; for programs: tshorn status --json',
];
const older: Said = [
  'a rollback brings the release back that served before, and a second one goes forward again',
  'type: tshorn rollback; tshorn releases lists them',
];
const live: Said = ['a live table shows the workers and the last events', 'type: tshorn top'];
const stop: Said = [
  'nothing is left of a server that has stopped',
  'type: tshorn stop; under systemd: systemctl disable --now NAME',
];
const unit: Said = [
  'systemd starts the server, also at boot',
  'type: tshorn unit APP, which prints a service',
];

const startOrReload: Answer = (words, { cwd }) => [
  'the deploy of a running server is a reload, and a service starts it',
  `type: tshorn reload; for the first start ${start(words, cwd)[1]}`,
];
const modules: Said = [
  'there are no modules: logrotate and the journal keep logs short, and tshorn status --json has the counters',
  'remove the line; for logrotate: kill -USR1 <pid of the master> opens the log file again',
];

const ANSWERS: Readonly<Record<string, Answer>> = {
  start: (words, { cwd }) => start(words, cwd),
  restart: () => reload,
  gracefulReload: () => reload,
  list: () => status,
  ls: () => status,
  describe: () => status,
  show: () => status,
  jlist: () => status,
  prettylist: () => status,
  flush: () => [
    'logrotate renames a log file, and a signal opens it again',
    'type: kill -USR1 <pid of the master>; the journal of systemd needs nothing',
  ],
  reloadLogs: () => ['a signal opens the log files again', 'type: kill -USR1 <pid of the master>'],
  monit: () => live,
  dash: () => live,
  delete: () => stop,
  del: () => stop,
  kill: () => stop,
  save: () => unit,
  resurrect: () => unit,
  startup: () => unit,
  unstartup: () => unit,
  startOrReload,
  startOrRestart: startOrReload,
  startOrGracefulReload: startOrReload,
  sendSignal: ([signal = 'SIGUSR2']) => [
    'a signal goes to a pid',
    `type: tshorn status, which shows the pids, and kill -s ${shellWord(signal.replace(/^SIG/, ''))} <pid>`,
  ],
  reset: () => ['there is no counter to reset: all begin with the master', 'type: tshorn status'],
  backward: () => older,
  forward: () => older,
  deploy: () => [
    'a script fetches the release, and its last line is a reload',
    'type: git pull && npm ci && npx tshorn reload; the page "Coming from PM2" has a whole script',
  ],
  pid: () => ['a master is asked for its pids', 'type: tshorn status'],
  id: () => status,
  ping: () => ['there is no daemon: each server is asked itself', 'type: tshorn status'],
  env: () => ['the config file has the variables of the app', 'type: tshorn --print-config'],
  log: () => ['the log is asked for, wherever it goes', 'type: tshorn logs -f'],
  update: () => [
    'a new version takes over from the running master, and no port closes',
    'type: npm install tshorn@latest, and kill -USR2 <pid of the master>',
  ],
  install: () => modules,
  uninstall: () => modules,
  plus: () => live,
  serve: ([folder = '.', port = '8080']) => [
    'the package "serve" serves a folder',
    `type: npm install serve && npx tshorn serve --bind :${shellWord(port)} -- ${shellWord(folder)}`,
  ],
};

/** The error for such a word, with exit code 2. */
export function foreignWord(word: string, words: readonly string[], around: Surroundings): TshornError {
  const [message, fix] = (ANSWERS[word] as Answer)(words, around);
  const file = fileOf(`./${word}`, around.cwd);
  const serve = file === undefined ? '' : `; to serve ${file}: tshorn ./${word}`;
  return new TshornError('ERR_OPTION', `tshorn has no "${word}": ${message}`, { fix: fix + serve });
}

function fileOf(app: string, cwd: string): string | undefined {
  try {
    return relative(cwd, resolveApp(app, cwd).file);
  } catch {
    return undefined;
  }
}
