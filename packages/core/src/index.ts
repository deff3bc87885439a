export {
  ACCESS_FIELDS,
  ACCESS_TEMPLATES,
  type AccessField,
  ATOMS,
  type AtomLetter,
  type Piece,
  parseAccessFormat,
} from './access-format.ts';
export * from './address.ts';
export { alternativeNames } from './alternative-names.ts';
export * from './app-metrics.ts';
export * from './cgroup.ts';
export { describeRefusal, sumOf } from './code-file.ts';
export * from './code-variable.ts';
export { CULPRIT, type Culprit } from './culprit.ts';
export * from './deadline.ts';
export { targetOf, type WriteDone, type WriteTarget } from './descriptor.ts';
export * from './errors.ts';
export type { Examination } from './examination.ts';
export * from './heartbeat.ts';
export * from './heartbeat-record.ts';
export * from './identity.ts';
export { importUrl } from './import-url.ts';
export * from './inspector-flags.ts';
export * from './metrics.ts';
export { isPreload, takesNextWord } from './node-flags.ts';
export { type NodeOption, nodeOptionsIn, splitNodeOptions, wordsOf } from './node-options.ts';
export * from './open-file-count.ts';
export * from './open-request.ts';
export {
  commandNames,
  commandsAround,
  commandsOf,
  findCommand,
  isFile,
  type PackageJson,
  readPackage,
  unscoped,
} from './package-commands.ts';
export { keepCompiled, openProgram, type Program } from './program.ts';
export { envelope, isEnvelope, type MessageOf, type Reading, readerOf } from './protocol/envelope.ts';
export {
  bool,
  count,
  type Field,
  lines,
  list,
  literal,
  Misfit,
  ms,
  name,
  type OptionalField,
  oneLine,
  opaque,
  optional,
  row,
} from './protocol/fields.ts';
export * from './protocol/handoff.ts';
export * from './protocol/to-master.ts';
export * from './protocol/to-worker.ts';
export * from './read-text.ts';
export * from './resolve-app.ts';
export * from './sample.ts';
export * from './sequence.ts';
export {
  commandOf,
  isConfigOfTshorn,
  isEcosystem,
  type NodeCommand,
  nodeCommandOf,
  type ScriptCommand,
  startScript,
} from './start-script.ts';
export * from './states.ts';
export * from './status.ts';
export * from './terminal.ts';
export * from './units.ts';
export * from './unix-socket.ts';
export * from './watch-variable.ts';
export * from './worker-count.ts';
export * from './wrap-words.ts';
