/** The entry point of a worker process. */
import { hideInspectorFlags } from './hide-inspector-flags.ts';
import { Worker } from './worker.ts';

hideInspectorFlags();
new Worker();
