/** Every command, in the order of the help text. */
import { check } from './check.ts';
import type { Command } from './command.ts';
import { importFile } from './import.ts';
import type { CommandName } from './names.ts';
import { reload } from './reload.ts';
import { scale } from './scale.ts';
import { status } from './status.ts';
import { stop } from './stop.ts';

export const COMMAND_TABLE: Readonly<Partial<Record<CommandName, Command>>> = {
  reload,
  status,
  scale,
  stop,
  check,
  import: importFile,
};
