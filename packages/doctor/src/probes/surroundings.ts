/** Container, init, systemd, clock, temporary directory, and the tshorn programs of this machine. */
import { dirname, join } from 'node:path';
import type { ProgramFacts, SurroundingsFacts } from '../facts.ts';
import type { System } from '../system.ts';

/** A file system may be a moment ahead, one in the network more. */
const AHEAD_MS = 60_000;

export interface Place {
  /** The tshorn that runs. */
  readonly program: { readonly path: string; readonly version: string };
  /** The directory of the app. */
  readonly cwd: string;
  /** Files that the clock is compared with. */
  readonly dated: readonly string[];
}

export async function surroundingsOf(system: System, place: Place): Promise<SurroundingsFacts> {
  const { env, tmpdir } = system;
  return {
    inContainer: isInContainer(system),
    pid1: wordsOf(1, system),
    systemdVersion: await systemdVersion(system),
    hasNotifyProgram: inPath(system, 'systemd-notify').length > 0,
    // An abstract socket has no file.
    notifySocketExists: env.NOTIFY_SOCKET?.startsWith('@') || exists(system, env.NOTIFY_SOCKET),
    fromTheFuture: fromTheFuture(system, place.dated),
    clockSynchronised: exists(system, '/run/systemd/timesync')
      ? exists(system, '/run/systemd/timesync/synchronized')
      : undefined,
    tmp: {
      path: tmpdir,
      noexec: mountOptions(system, tmpdir).includes('noexec'),
      space: system.space(tmpdir),
    },
    programs: programs(system, place),
  };
}

const exists = ({ stat }: System, path: string | undefined): boolean =>
  path !== undefined && stat(path) !== undefined;

/** The command line of a process. */
export const wordsOf = (pid: number, { read }: System): string[] | undefined => {
  const words = read(`/proc/${pid}/cmdline`)?.split('\0').filter(Boolean);
  return words?.length ? words : undefined;
};

const isInContainer = (system: System): boolean =>
  exists(system, '/.dockerenv') ||
  exists(system, '/run/.containerenv') ||
  system.env.KUBERNETES_SERVICE_HOST !== undefined;

async function systemdVersion(system: System): Promise<number | undefined> {
  // sd_booted(3)
  if (!exists(system, '/run/systemd/system')) return undefined;
  const version = /^systemd (\d+)/.exec((await system.run('systemctl', ['--version'])) ?? '')?.[1];
  return version === undefined ? undefined : Number(version);
}

/** Real paths of a program, in the order of PATH. */
function inPath({ env, realpath, can }: System, name: string): string[] {
  const files = (env.PATH ?? '')
    .split(':')
    .filter(Boolean)
    .map((directory) => join(directory, name));
  return files.filter((file) => can(file, 'execute')).flatMap((file) => realpath(file) ?? []);
}

function fromTheFuture({ now, stat }: System, files: readonly string[]) {
  const ahead = files
    .map((file) => ({ file, aheadMs: (stat(file)?.mtimeMs ?? 0) - now }))
    .sort((one, other) => other.aheadMs - one.aheadMs)[0];
  return ahead && ahead.aheadMs > AHEAD_MS ? ahead : undefined;
}

/** The mount of the file system that a path lies on: proc_mounts(5). */
function mountOptions({ read, realpath }: System, path: string): string[] {
  const real = realpath(path) ?? path;
  const mounts = (read('/proc/self/mounts') ?? '').split('\n').map((line) => line.split(' '));
  const above = mounts.filter(([, at = '']) => real === at || real.startsWith(at === '/' ? '/' : `${at}/`));
  // The last one of the longest: a later mount covers an earlier one.
  const nearest = above.reduce<string[]>(
    (best, mount) => ((mount[1]?.length ?? 0) >= (best[1]?.length ?? 0) ? mount : best),
    [],
  );
  return nearest[3]?.split(',') ?? [];
}

function programs(system: System, { program, cwd }: Place): ProgramFacts[] {
  const ofPath = inPath(system, 'tshorn').flatMap((path) => programAt(system, path, 'PATH'));
  const local = ancestorsOf(cwd)
    .map((directory) => join(directory, 'node_modules/tshorn/package.json'))
    .flatMap((file) => readPackage(system, file) ?? [])
    .map(({ version, file }): ProgramFacts => ({ path: dirname(file), version, by: 'node_modules' }));
  return [{ ...program, by: 'running' }, ...ofPath, ...local.slice(0, 1)];
}

export const ancestorsOf = (path: string): string[] =>
  dirname(path) === path ? [path] : [path, ...ancestorsOf(dirname(path))];

function programAt(system: System, path: string, by: ProgramFacts['by']): ProgramFacts[] {
  const found = ancestorsOf(dirname(path))
    .slice(0, 3)
    .flatMap((directory) => readPackage(system, join(directory, 'package.json')) ?? [])[0];
  return found ? [{ path, version: found.version, by }] : [];
}

function readPackage({ read, realpath }: System, file: string) {
  try {
    const { name, version } = JSON.parse(read(file) ?? '{}') as { name?: string; version?: string };
    if (name !== 'tshorn' || version === undefined) return undefined;
    return { version, file: realpath(file) ?? file };
  } catch {
    return undefined;
  }
}
