/** Each command, declared once for its help and its parser. */
import type { CommandName } from './names.ts';

export interface Flag {
  readonly flag: string;
  readonly short?: string;
  /** Placeholder of the value in help; absent for a flag without a value. */
  readonly meta?: string;
  readonly summary: string;
}

export interface CommandRow {
  readonly usage: string;
  /** Description, in lines of at most 80 columns. */
  readonly about: readonly string[];
  /** Set if a number of workers precedes the PID. */
  readonly takesCount?: true;
  readonly flags: readonly Flag[];
  /** Exit codes except 2, which every command has. */
  readonly exits: readonly (readonly [code: number, meaning: string])[];
}

const JSON_FLAG = { flag: 'json', summary: 'Print JSON, for programs' } as const;
const NO_WAIT = { flag: 'no-wait', summary: 'Return as soon as the master has the request' } as const;

export const COMMANDS: Readonly<Record<CommandName, CommandRow>> = {
  reload: {
    usage: 'reload [PID] [options]',
    about: [
      'Replaces every worker by a new generation, as HUP does, and waits for the',
      'verdict. During another reload, this one begins after it. Ctrl-C ends the',
      'command, not the reload.',
    ],
    flags: [
      { flag: 'plan', meta: 'PLAN', summary: 'rolling, canary, overlap or replace [--reload-plan]' },
      { flag: 'dry-run', summary: 'Print the steps, processes, memory and time; change nothing' },
      { flag: 'abort', summary: 'Roll back the reload under way, and wait for the end' },
      { ...JSON_FLAG, summary: 'Print each event as a line of JSON' },
      NO_WAIT,
    ],
    exits: [
      [0, 'committed; with --abort: rolled back'],
      [1, 'not committed; the last line gives the reason'],
    ],
  },
  status: {
    usage: 'status [PID] [options]',
    about: ['Shows the master, its workers, and the outcome of the last reloads.'],
    flags: [JSON_FLAG],
    exits: [[0, 'shown']],
  },
  scale: {
    usage: 'scale N|+N|-N [PID] [options]',
    about: [
      'Changes the number of workers and waits until it is reached. A new worker is',
      'ready before it counts; a removed one drains. A reload keeps this number until',
      'the config sets another one.',
    ],
    takesCount: true,
    flags: [JSON_FLAG, NO_WAIT],
    exits: [
      [0, 'reached'],
      [1, 'not reached; the last line gives the reason'],
    ],
  },
  check: {
    usage: 'check APP[:NAME] [options] [-- ARG...]',
    about: [
      'Boots one worker as a server would, with hooks, environment files, probe and',
      'warm-up, reports the result, and ends it. Opens no port, no control socket and',
      'no log file: for CI, and before a start or a reload.',
    ],
    flags: [],
    exits: [
      [0, 'the worker has passed its probe'],
      [2, 'a wrong option, config file or environment file'],
      [3, 'the worker hangs, exits, or fails its probe'],
      [4, 'the app cannot be loaded'],
    ],
  },
  stop: {
    usage: 'stop [PID] [options]',
    about: ['Stops the master and waits for its end. Requests in flight finish within the', 'grace period.'],
    flags: [
      { flag: 'quick', summary: 'Stop as INT does: requests get --quick-grace' },
      { flag: 'now', summary: 'Kill the workers at once' },
      { ...JSON_FLAG, summary: 'Print each event as a line of JSON' },
      NO_WAIT,
    ],
    exits: [
      [0, 'stopped'],
      [1, 'stopped, but the master ended with an error'],
    ],
  },
};

/** The flags that name the master, for every command that asks one. */
export const WHICH: readonly Flag[] = [
  { flag: 'control', meta: 'PATH', summary: 'The control socket of the master [$TSHORN_CONTROL]' },
  { flag: 'pid-file', meta: 'FILE', summary: 'A file with the pid of the master' },
  { flag: 'help', short: 'h', summary: 'Print this text and exit' },
];
