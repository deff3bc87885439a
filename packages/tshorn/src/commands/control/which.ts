/** The master that a command asks: its argument and options, which every such command has. */
import { type Kind, path, WrongValue } from '@tshorn/config';
import { TshornError } from '@tshorn/core';

const pid: Kind<number> = {
  meta: 'PID',
  input: 'number',
  expected: 'the pid of a master',
  parse(input) {
    if (/^[1-9]\d{0,9}$/.test(String(input).trim())) return Number(input);
    throw new WrongValue();
  },
  format: String,
  schema: { type: 'integer' },
};

export const MASTER_ARGUMENT = {
  pid: { kind: pid, summary: 'The pid of the master; not needed where this user runs only one' },
} as const;

export const MASTER_OPTIONS = {
  control: {
    kind: path('PATH', 'the path of a unix socket'),
    summary: 'The control socket of the master [$TSHORN_CONTROL]',
  },
  pidFile: { kind: path('FILE', 'the path of a file'), summary: 'A file with the pid of the master' },
} as const;

export const COULD_NOT_ASK = [2, 'could not ask: no such master, no permission, or it has ended'] as const;

/** The master that is meant. At most one field is set. */
export interface Which {
  readonly pid?: number | undefined;
  readonly control?: string | undefined;
  readonly pidFile?: string | undefined;
}

/** @throws TshornError ERR_OPTION */
export function readPid(text: string, where: string): number {
  try {
    return pid.parse(text);
  } catch {
    throw new TshornError(
      'ERR_OPTION',
      `${where}: got ${JSON.stringify(text.slice(0, 40))}; expected ${pid.expected}`,
    );
  }
}

export const JSON_EVENTS = { summary: 'Print each event as a line of JSON' } as const;
export const NO_WAIT = { summary: 'Return as soon as the master has the request' } as const;
