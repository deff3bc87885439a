/** The program of a worker process; entry.ts runs it. */
import type { Program } from '@tshorn/core';
import { hideInspectorFlags } from './hide-inspector-flags.ts';
import { hideWatchVariable } from './report-files.ts';
import { prepareStandardStreams } from './standard-streams.ts';
import { Worker } from './worker.ts';

export function run(program: Program): void {
  hideInspectorFlags();
  hideWatchVariable();
  prepareStandardStreams();
  new Worker(program);
}
