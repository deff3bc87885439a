/** The files that the options name: environment files, logs, the compile cache. Nothing is written to find out. */
import { dirname, join } from 'node:path';
import type { FileFacts, LogFacts, ServerFacts } from '../facts.ts';
import type { System } from '../system.ts';
import { ancestorsOf } from './surroundings.ts';

/** The directories of the compile cache, as the master would make them. */
export interface CachePlace {
  readonly base: string;
  readonly names: readonly string[];
}

const OTHERS_READ = 0o004;
const OTHERS_WRITE = 0o002;
const OTHERS_PASS = 0o001;
const STICKY = 0o1000;

export function filesOf(system: System, server: ServerFacts | undefined, cache: CachePlace): FileFacts {
  const { envFile = [], logFile, outputFile, accessLog, pidFile } = server?.config ?? {};
  const log = (option: string, file: string | undefined) => (file ? logAt(system, option, file) : []);
  return {
    openEnvFiles: envFile.filter((file) => isOpen(system, file)),
    logs: [
      ...log('--log-file', logFile),
      ...log('--output-file', outputFile),
      ...log('--access-log', accessLog === '-' ? undefined : accessLog),
    ],
    pidFileProblem: pidFile === undefined ? undefined : pidFileProblem(system, pidFile),
    compileCacheProblem: cacheProblem(system, cache),
  };
}

/** True where every user can read the file: a closed directory above it is as good as a closed file. */
function isOpen({ stat, realpath }: System, file: string): boolean {
  const has = (path: string, mode: number) => ((stat(path)?.mode ?? 0) & mode) !== 0;
  const above = ancestorsOf(dirname(realpath(file) ?? file));
  return has(file, OTHERS_READ) && above.every((directory) => has(directory, OTHERS_PASS));
}

function logAt(system: System, option: string, file: string): LogFacts[] {
  const there = system.stat(file);
  // A terminal, a pipe, /dev/null: nothing fills up.
  if (there?.kind === 'other') return [];
  const directory = dirname(file);
  const directoryExists = system.stat(directory)?.kind === 'directory';
  const writable = there
    ? there.kind === 'file' && system.can(file, 'write')
    : directoryExists && system.can(directory, 'write') && system.can(directory, 'execute');
  const space = directoryExists ? system.space(directory) : undefined;
  const isDirectory = there?.kind === 'directory';
  return [{ option, file, directoryExists, isDirectory, writable, rotated: isRotated(system, file), space }];
}

/** The master puts another file in its place, so that the directory has to be writable. */
function pidFileProblem({ stat, can, read }: System, file: string): string | undefined {
  const directory = dirname(file);
  if (stat(directory)?.kind !== 'directory') return `${file}: there is no such directory`;
  if (!can(directory, 'write') || !can(directory, 'execute'))
    return `${file}: this user may not write to ${directory}`;
  return /^([1-9]\d{0,9})?$/.test(read(file)?.trim() ?? '') ? undefined : `${file} holds no pid`;
}

/** True where a path or a pattern in the configuration of logrotate(8) covers the file. */
function isRotated({ list, read }: System, file: string): boolean {
  const places = list('/etc/logrotate.d').map((name) => join('/etc/logrotate.d', name));
  const texts = ['/etc/logrotate.conf', ...places].map((place) => read(place) ?? '');
  const patterns = texts.flatMap((text) => text.match(/(?<=^|[\s"'])\/[^\s"'{]+/gm) ?? []);
  return patterns.some((pattern) => asRegExp(pattern).test(file));
}

const asRegExp = (glob: string): RegExp =>
  new RegExp(
    `^${glob
      .replace(/[.+^$(){}|\\]/g, '\\$&')
      .replaceAll('*', '[^/]*')
      .replaceAll('?', '[^/]')}$`,
  );

function cacheProblem({ stat, can, uid }: System, { base, names }: CachePlace): string | undefined {
  const path = join(base, ...names);
  const [nearest] = ancestorsOf(path).filter((directory) => stat(directory) !== undefined);
  const there = nearest === undefined ? undefined : stat(nearest);
  if (nearest === undefined || !there) return undefined;
  if (there.kind !== 'directory') return `${nearest} is no directory`;
  if (!can(nearest, 'write') || !can(nearest, 'execute')) return `this user may not write ${nearest}`;
  if ((there.mode & OTHERS_WRITE) !== 0 && (there.mode & STICKY) === 0)
    return `${nearest} can be written by every user`;
  return nearest === path && there.uid !== uid ? `${path} belongs to uid ${there.uid}` : undefined;
}
