/**
 * The names of the commands that ask a running master. A first word of the command line with such a name is always the
 * command; a file of that name is served with `tshorn ./reload`.
 */
export const CONTROL_COMMANDS = ['reload', 'status', 'scale', 'stop'] as const;
export type ControlCommand = (typeof CONTROL_COMMANDS)[number];
export const COMMANDS = [...CONTROL_COMMANDS, 'check'] as const;
export type CommandName = (typeof COMMANDS)[number];

export const isControlCommand = (word: CommandName): word is ControlCommand => word !== 'check';

export const isCommand = (word: string | undefined): word is CommandName =>
  (COMMANDS as readonly (string | undefined)[]).includes(word);
