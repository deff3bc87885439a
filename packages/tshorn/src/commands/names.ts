/**
 * The commands that speak to a running master. A first word of the command line that is one of these is the
 * command; a file of that name is served as `tshorn ./reload`.
 */
export const COMMAND_NAMES = ['reload', 'status', 'scale', 'stop'] as const;
export type CommandName = (typeof COMMAND_NAMES)[number];

export const isCommand = (word: string | undefined): word is CommandName =>
  (COMMAND_NAMES as readonly (string | undefined)[]).includes(word);
