import type { Resolved } from '@tshorn/config';
import type { Logger } from '../log.ts';
import type { Control } from './control.ts';
import type { Controlled } from './controlled.ts';

/**
 * Opens the control socket of the config; undefined for `--no-control`. Rejects only when its code cannot be loaded.
 * @param replaces takes its path from another master
 */
export async function openControl(
  master: Controlled,
  log: Logger,
  { config, given }: Resolved,
  replaces = false,
): Promise<Control | undefined> {
  if (config.control === undefined) return undefined;
  // Loaded after the first forks, so that no worker waits for it.
  const { Control } = await import('./control.ts');
  const isDefault = !given.has('control');
  return new Control({ master, log, path: config.control, isDefault }).open(replaces);
}
