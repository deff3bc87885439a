/**
 * The names of the commands. A first word of the command line with such a name is always the command; a file of that
 * name is served with `tshorn ./reload`. The launch of a server loads these lists and no more of the commands.
 */
export const COMMANDS = [
  'reload',
  'rollback',
  'releases',
  'status',
  'top',
  'logs',
  'scale',
  'leave',
  'stay',
  'stop',
  'check',
  'doctor',
  'init',
  'import',
  'unit',
  'completion',
  'help',
] as const;

/** Commands of other process managers: each answers with what to type instead. */
export const FOREIGN = [
  'start',
  'restart',
  'list',
  'ls',
  'monit',
  'delete',
  'del',
  'kill',
  'save',
  'resurrect',
  'startup',
  'unstartup',
  'flush',
  'reloadLogs',
  'gracefulReload',
  'describe',
  'show',
  'jlist',
  'prettylist',
  'dash',
  'startOrReload',
  'startOrRestart',
  'startOrGracefulReload',
  'sendSignal',
  'reset',
  'backward',
  'forward',
] as const;

/** Such commands whose names an app may have, as the package serve: they answer where no such app is found. */
export const FOREIGN_UNLESS_APP = [
  'deploy',
  'env',
  'id',
  'install',
  'log',
  'pid',
  'ping',
  'plus',
  'serve',
  'uninstall',
  'update',
] as const;

export type ForeignName = (typeof FOREIGN)[number] | (typeof FOREIGN_UNLESS_APP)[number];
export type CommandName = (typeof COMMANDS)[number];

export const isCommand = (word: string | undefined): word is CommandName | ForeignName =>
  ([...COMMANDS, ...FOREIGN] as readonly (string | undefined)[]).includes(word);

export const isForeign = (word: CommandName | ForeignName): word is ForeignName =>
  (FOREIGN as readonly string[]).includes(word);
