/** Every command, in the order of the help text. */
import { check } from './check.ts';
import type { CommandTable } from './command.ts';
import { completion } from './completion.ts';
import { doctor } from './doctor.ts';
import { help } from './help.ts';
import { importFile } from './import.ts';
import { init } from './init.ts';
import { leave } from './leave.ts';
import { logs } from './logs.ts';
import { releases } from './releases.ts';
import { reload } from './reload.ts';
import { rollback } from './rollback.ts';
import { scale } from './scale.ts';
import { status } from './status.ts';
import { stay } from './stay.ts';
import { stop } from './stop.ts';
import { top } from './top.ts';
import { unit } from './unit.ts';

export const COMMAND_TABLE: CommandTable = {
  reload,
  rollback,
  releases,
  status,
  top,
  logs,
  scale,
  leave,
  stay,
  stop,
  check,
  doctor,
  init,
  import: importFile,
  unit,
  completion,
  help,
};
