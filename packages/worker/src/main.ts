/** The entry point of a worker process. */
import { hideInspectorFlags } from './hide-inspector-flags.ts';
import { standLossOfTerminal } from './terminal.ts';
import { Worker } from './worker.ts';

hideInspectorFlags();
standLossOfTerminal();
new Worker();
