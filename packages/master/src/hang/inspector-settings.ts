/** How a worker is started so that its inspector can be opened later: see core's inspector-flags.ts. */
import { INSPECTOR_FLAG } from '@tshorn/core';

/** The flags that node:cluster looks for, and those that stand for them in NODE_OPTIONS. */
const OWN_INSPECTOR = /--inspect|--debug-port/;

export interface InspectorSettings {
  readonly execArgv: string[];
  readonly inspectPort: number | undefined;
}

/** The settings of node:cluster. An inspector that the user has asked for stays as it is, and serves as well. */
export function inspectorSettings(env: NodeJS.ProcessEnv): InspectorSettings {
  const { execArgv } = process;
  if (OWN_INSPECTOR.test([...execArgv, env.NODE_OPTIONS].join(' ')))
    return { execArgv, inspectPort: undefined };
  return { execArgv: [...execArgv, INSPECTOR_FLAG], inspectPort: 0 };
}

/** True with --disable-sigusr1: Node leaves SIGUSR1 to the kernel, which would end the process. It must not be sent. */
export const isInspectorDisabled = (env: NodeJS.ProcessEnv): boolean =>
  /--disable-sigusr1/.test([...process.execArgv, env.NODE_OPTIONS].join(' '));
