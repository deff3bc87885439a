import { inspectorAddress } from '../inspector-kind.ts';
import { section } from '../row.ts';

export const inspect = section('Debugging', {
  inspect: {
    kind: inspectorAddress,
    default: undefined,
    summary: 'Let a debugger attach to the workers; the address is that of worker 0',
    details:
      'Worker 1 listens on the next port, and so on. The newest worker of a slot has the address: after a reload a debugger finds the new code there. The value follows an equals sign; without one it is 127.0.0.1:9229. Whoever reaches the address can run code in the worker. See [Watch mode](watch.md#a-debugger).',
    reloadable: true,
  },
  inspectBrk: {
    kind: inspectorAddress,
    default: undefined,
    summary: 'As --inspect; each new worker waits for a debugger before the first line of the app',
    details:
      'While a worker waits, or stands at a breakpoint, `--boot-timeout` does not end it, and the old worker serves.',
    reloadable: true,
  },
});
