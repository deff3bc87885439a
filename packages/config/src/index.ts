export { type CommandLine, readCommandLine, takesNext } from './command-line.ts';
export { controlDirectories, serviceControlPath, serviceSockets, userId } from './control-path.ts';
export { cpuQuota, usableCpus } from './cpus.ts';
export { defineConfig } from './define-config.ts';
export { formatDuration, parseDuration } from './duration.ts';
export { configFileNames } from './find-file.ts';
export { type Given, type Origin, readValue } from './given.ts';
export type { Header } from './headers-kind.ts';
export * from './hooks.ts';
export * from './kinds.ts';
export { didYouMean, nearest } from './nearest.ts';
export {
  COMMAND_FLAGS,
  type Config,
  type Key,
  OPTIONS,
  type Option,
  optionOf,
  SECTIONS,
  type WorkerOptions,
  workerOptions,
} from './options.ts';
export { type Command, parseCommand } from './parse-command.ts';
export { PARSING } from './parse-flags.ts';
export { path } from './path-kinds.ts';
export { describeFailure, loadHooks, readConfigFile } from './read-file.ts';
export { keepUnreloadable } from './reload.ts';
export { renderConfig } from './render/config.ts';
export { describeDefault } from './render/describe.ts';
export { optionsMarkdown } from './render/markdown.ts';
export { configSchema } from './render/schema.ts';
export { userConfigSource } from './render/user-config.ts';
export { type Resolved, type ResolveRequest, resolveConfig } from './resolve.ts';
export type { Environment } from './row.ts';
export type * from './user-config.ts';
export type { Variables } from './variables-kind.ts';
export { autoRange, parseRange, workerCount, wrongCount } from './workers-kind.ts';
