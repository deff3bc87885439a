/** `tshorn doctor`: checks of the machine, the configuration and the app, each with a remedy. */
export type { Level } from './check.ts';
export { diagnose, exitCodeOf } from './diagnose.ts';
export type { AppFacts, ServerFacts } from './facts.ts';
export { type GatherOptions, gather } from './gather.ts';
export { findingsMarkdown } from './markdown.ts';
export type { CachePlace } from './probes/files.ts';
export type { MasterAnswer } from './probes/masters.ts';
export { Printed } from './probes/printed.ts';
export { type PaintLevel, reportJson, reportText } from './report.ts';
export { realSystem } from './system.ts';
