/** The inspector of a worker that is about to start, out of the options, the environment and the flags of this process. */
import type { Config } from '@tshorn/config';
import type { BootOrder } from '@tshorn/core';
import { inspectorOf, withoutInspectOption } from './asked.ts';

/**
 * Returns the inspector for the boot order; undefined where nobody asked for one. Node's own flag is taken out of
 * NODE_OPTIONS in `env`, the environment of the worker.
 */
export function takeInspector(
  config: Pick<Config, 'inspect' | 'inspectBrk'>,
  slot: number,
  env: NodeJS.ProcessEnv,
  mastersEnv: NodeJS.ProcessEnv,
): BootOrder['inspector'] {
  const { execArgv, debugPort } = process;
  const nodeOptions = env.NODE_OPTIONS ?? '';
  const mastersNodeOptions = mastersEnv.NODE_OPTIONS ?? '';
  const asked = inspectorOf(config, slot, { nodeOptions, execArgv, mastersNodeOptions, debugPort });
  if (!asked) return undefined;
  if (nodeOptions !== '') env.NODE_OPTIONS = withoutInspectOption(nodeOptions);
  const { host, port, pause } = asked;
  return { host, port, ...(pause && { pause }) };
}
