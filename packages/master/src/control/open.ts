import type { Resolved } from '@tshorn/config';
import type { Logger } from '../log.ts';
import type { Control } from './control.ts';
import type { Controlled } from './controlled.ts';

/**
 * Opens the control socket that the config asks for; undefined for `--no-control`.
 * @param replaces takes the place of another master's, which hands over to this one
 */
export async function openControl(
  master: Controlled,
  log: Logger,
  { config, given }: Resolved,
  replaces = false,
): Promise<Control | undefined> {
  if (config.control === undefined) return undefined;
  // After the first forks: what it costs, no worker waits for.
  const { Control } = await import('./control.ts');
  const isDefault = !given.has('control');
  return new Control({ master, log, path: config.control, isDefault, replaces }).open();
}
