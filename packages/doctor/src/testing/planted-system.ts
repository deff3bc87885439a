/** A machine of planted files. */
import { dirname } from 'node:path';
import { type FileStat, realSystem, type System } from '../system.ts';

export interface Planted extends Omit<Partial<System>, 'node'> {
  readonly files?: Readonly<Record<string, string | Partial<FileStat>>>;
  /** Link -> where it leads to at its end. */
  readonly links?: Readonly<Record<string, string>>;
}

export function plantedSystem({ files = {}, links = {}, ...more }: Planted = {}): System {
  const paths = [...Object.keys(files), ...Object.keys(links)];
  const isAbove = (path: string) => paths.some((file) => file.startsWith(path === '/' ? '/' : `${path}/`));
  const text = (path: string) => (typeof files[path] === 'string' ? files[path] : undefined);
  const stat = (path: string): FileStat | undefined => {
    const planted = files[path];
    if (planted === undefined && !isAbove(path)) return undefined;
    const kind = planted === undefined ? 'directory' : 'file';
    const given = typeof planted === 'object' ? planted : {};
    return { kind, mode: kind === 'file' ? 0o644 : 0o755, uid: 1_000, mtimeMs: 0, ...given };
  };
  return {
    ...realSystem({}),
    platform: 'linux',
    arch: 'x64',
    uid: 1_000,
    now: 1_000_000,
    node: { version: '24.21.0', abi: '137', heapLimitBytes: 2 ** 31 },
    read: text,
    bytes: (path) => (text(path) === undefined ? undefined : Buffer.from(text(path) ?? '', 'latin1')),
    stat,
    realpath: (path) => links[path] ?? (stat(path) ? path : undefined),
    readlink: (path) => links[path],
    list: (path) =>
      [...new Set(paths.filter((file) => file !== path && file.startsWith(path === '/' ? path : `${path}/`)))]
        .map((file) => file.slice(path === '/' ? 1 : path.length + 1).split('/')[0] as string)
        .filter((name, at, names) => names.indexOf(name) === at),
    space: () => ({ freeBytes: 2 ** 33, totalBytes: 2 ** 34 }),
    can: (path) => stat(path) !== undefined || stat(dirname(path)) !== undefined,
    run: async () => undefined,
    ...more,
  };
}
