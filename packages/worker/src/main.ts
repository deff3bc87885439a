/** The entry point of a worker process. */
import { hideInspectorFlags } from './hide-inspector-flags.ts';
import { hideWatchVariable } from './report-files.ts';
import { prepareStandardStreams } from './standard-streams.ts';
import { Worker } from './worker.ts';

hideInspectorFlags();
hideWatchVariable();
prepareStandardStreams();
new Worker();
