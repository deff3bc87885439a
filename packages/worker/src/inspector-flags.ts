/**
 * What the master adds to the flags of this process (master/src/hang/inspector-flags.ts) is no matter of the
 * app: without this, its own processes and threads, which inherit `process.execArgv`, would get it too.
 */
import { INSPECTOR_FLAG, INSPECTOR_PORT_FLAG } from '@tshorn/core';

export function hideInspectorFlags(): void {
  const at = process.execArgv.indexOf(INSPECTOR_FLAG);
  // Without ours, the other one is the user's.
  if (at === -1) return;
  process.execArgv.splice(at, 1);
  const port = process.execArgv.lastIndexOf(INSPECTOR_PORT_FLAG);
  if (port !== -1) process.execArgv.splice(port, 1);
}
