/** How a worker is started so that its inspector can be opened later: see core's inspector-flags.ts. */
import type { Config } from '@tshorn/config';
import { INSPECTOR_FLAG, LISTED_INSPECTOR_FLAG } from '@tshorn/core';
import { withoutInspect } from './asked.ts';

/** The flags that node:cluster looks for, and those that stand for them in NODE_OPTIONS. */
const OWN_INSPECTOR = /--inspect|--debug-port/;

export interface InspectorSettings {
  readonly execArgv: string[];
  readonly inspectPort: number | undefined;
}

/**
 * The settings of node:cluster. Flags of the user's that open no inspector at the start (`--inspect-port`) stay as they are.
 * @param isListed the worker opens its inspector for a debugger (`--inspect`), which looks for it in the HTTP list
 */
export function inspectorSettings(env: NodeJS.ProcessEnv, isListed: boolean): InspectorSettings {
  const execArgv = withoutInspect(process.execArgv);
  if (OWN_INSPECTOR.test([...execArgv, env.NODE_OPTIONS].join(' ')))
    return { execArgv, inspectPort: undefined };
  return { execArgv: [...execArgv, isListed ? LISTED_INSPECTOR_FLAG : INSPECTOR_FLAG], inspectPort: 0 };
}

/**
 * Why the inspector of a worker that hangs must stay closed; undefined where it may be opened. With --disable-sigusr1 Node
 * leaves that signal to the kernel, which would end the process.
 */
export function whyNoInspector(
  { hangDebugger }: Pick<Config, 'hangDebugger'>,
  env: NodeJS.ProcessEnv,
): 'disable-sigusr1' | 'no-hang-debugger' | undefined {
  if (!hangDebugger) return 'no-hang-debugger';
  const isDisabled = /--disable-sigusr1/.test([...process.execArgv, env.NODE_OPTIONS].join(' '));
  return isDisabled ? 'disable-sigusr1' : undefined;
}
