/** The argument and the options that name the master, and other options that several commands share. */
import { path } from '@tshorn/config';
import { pid } from './pid-kind.ts';

export const MASTER_ARGUMENT = {
  pid: {
    kind: pid,
    summary:
      'The pid of the master; not needed where only one works in this directory, or this user runs only one',
    complete: async () => (await import('./find.ts')).runningMasters(process.env),
  },
} as const;

export const MASTER_OPTIONS = {
  control: {
    kind: path('PATH', 'the path of a unix socket'),
    summary: 'The control socket of the master [$TSHORN_CONTROL]',
  },
  pidFile: { kind: path('FILE', 'the path of a file'), summary: 'A file with the pid of the master' },
} as const;

export const JSON_EVENTS = { summary: 'Print each event as a line of JSON' } as const;
export const NO_WAIT = { summary: 'Return as soon as the master has the request' } as const;

export const COULD_NOT_ASK = [2, 'could not ask: no such master, no permission, or it has ended'] as const;
