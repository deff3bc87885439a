/**
 * Hides from the app the flags that the master adds to this process (master/src/inspect/settings.ts). Otherwise
 * the app's own processes and threads, which inherit `process.execArgv`, would get them too.
 */
import { INSPECTOR_FLAG, INSPECTOR_PORT_FLAG, LISTED_INSPECTOR_FLAG } from '@tshorn/core';

export function hideInspectorFlags(): void {
  const at = process.execArgv.findIndex((flag) => flag === INSPECTOR_FLAG || flag === LISTED_INSPECTOR_FLAG);
  // Without ours, the other one is the user's.
  if (at === -1) return;
  process.execArgv.splice(at, 1);
  const port = process.execArgv.lastIndexOf(INSPECTOR_PORT_FLAG);
  if (port !== -1) process.execArgv.splice(port, 1);
}
