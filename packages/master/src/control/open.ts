import type { Resolved } from '@tshorn/config';
import type { Logger } from '../log.ts';
import type { Control } from './control.ts';
import type { Controlled } from './controlled.ts';

/** Opens the control socket that the config asks for; undefined for `--no-control`. */
export async function openControl(
  master: Controlled,
  log: Logger,
  { config, given }: Resolved,
): Promise<Control | undefined> {
  if (config.control === undefined) return undefined;
  // After the first forks: what it costs, no worker waits for.
  const { Control } = await import('./control.ts');
  return new Control({ master, log, path: config.control, isDefault: !given.has('control') }).open();
}
