/** How a worker is started so that its inspector can be opened later: see core's inspector-flags.ts. */
import { INSPECTOR_FLAG } from '@tshorn/core';

/** The flags that node:cluster looks for, and those that stand for them in NODE_OPTIONS. */
const OWN_INSPECTOR = /--inspect|--debug-port/;
const NO_DOOR = /--disable-sigusr1/;

export interface InspectorSettings {
  readonly execArgv: string[];
  readonly inspectPort: number | undefined;
}

/** Where a person has asked for an inspector, theirs stays as it is: it is one to look through all the same. */
export function inspectorSettings(env: NodeJS.ProcessEnv): InspectorSettings {
  const { execArgv } = process;
  if (OWN_INSPECTOR.test([...execArgv, env.NODE_OPTIONS].join(' ')))
    return { execArgv, inspectPort: undefined };
  return { execArgv: [...execArgv, INSPECTOR_FLAG], inspectPort: 0 };
}

/** Node then leaves SIGUSR1 to the kernel, which would end the process: it must not be sent. */
export const isDoorClosed = (env: NodeJS.ProcessEnv): boolean =>
  NO_DOOR.test([...process.execArgv, env.NODE_OPTIONS].join(' '));
