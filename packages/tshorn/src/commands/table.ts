/** Each command declared once: what its help says and its parser reads. */
import type { CommandName } from './names.ts';

export interface Flag {
  readonly flag: string;
  readonly short?: string;
  /** Stands for the value in help; absent where the flag has none. */
  readonly meta?: string;
  readonly summary: string;
}

export interface CommandRow {
  readonly usage: string;
  /** What it does, for 80 columns. */
  readonly about: readonly string[];
  /** Whether a number of workers comes before the PID. */
  readonly takesCount?: true;
  readonly flags: readonly Flag[];
  /** Exit codes besides 2, which all have. */
  readonly exits: readonly (readonly [code: number, meaning: string])[];
}

const JSON_FLAG = { flag: 'json', summary: 'Print JSON, for programs' } as const;
const NO_WAIT = { flag: 'no-wait', summary: 'Return as soon as the master has the request' } as const;

export const COMMANDS: Readonly<Record<CommandName, CommandRow>> = {
  reload: {
    usage: 'reload [PID] [options]',
    about: [
      'Replaces every worker by a new generation, as HUP does, and waits for the',
      'verdict. If a reload is under way, this one begins after it. Ctrl-C ends the',
      'command, not the reload.',
    ],
    flags: [
      { flag: 'plan', meta: 'PLAN', summary: 'rolling, canary, overlap or replace [--reload-plan]' },
      { flag: 'dry-run', summary: 'Print the steps and what they would take; change nothing' },
      { flag: 'abort', summary: 'Take back the reload under way, and wait until it is' },
      { ...JSON_FLAG, summary: 'Print each event as a line of JSON' },
      NO_WAIT,
    ],
    exits: [
      [0, 'committed; for --abort: rolled back'],
      [1, 'not; the last line says why'],
    ],
  },
  status: {
    usage: 'status [PID] [options]',
    about: ['Shows the master, its workers, and how the last reloads ended.'],
    flags: [JSON_FLAG],
    exits: [[0, 'shown']],
  },
  scale: {
    usage: 'scale N|+N|-N [PID] [options]',
    about: [
      'Changes the number of workers and waits until it is reached. A new worker is',
      'ready before it counts; one that goes drains. Until the config asks for another',
      'number, a reload keeps this one.',
    ],
    takesCount: true,
    flags: [JSON_FLAG, NO_WAIT],
    exits: [
      [0, 'reached'],
      [1, 'not reached; the last line says why'],
    ],
  },
  check: {
    usage: 'check APP[:NAME] [options] [-- ARG...]',
    about: [
      'Boots one worker as serving would, with its hooks, environment files, probe and',
      'warm-up, tells what came of it, and ends it. No port, control socket or file of',
      'a server is touched: for CI, and before a start or a reload.',
    ],
    flags: [],
    exits: [
      [0, 'a worker has passed its probe'],
      [2, 'a wrong option, config file or environment file'],
      [3, 'no worker became ready: it hangs, ends, or fails its probe'],
      [4, 'the app cannot be loaded'],
    ],
  },
  stop: {
    usage: 'stop [PID] [options]',
    about: ['Stops the master and waits for its end. Requests in flight finish, within the', 'grace period.'],
    flags: [
      { flag: 'quick', summary: 'As INT does: requests get --quick-grace' },
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

/** Which master is meant, for every command. */
export const WHICH: readonly Flag[] = [
  { flag: 'control', meta: 'PATH', summary: 'The control socket of the master [$TSHORN_CONTROL]' },
  { flag: 'pid-file', meta: 'FILE', summary: 'A file that holds the pid of the master' },
  { flag: 'help', short: 'h', summary: 'Print this text and exit' },
];
