/** The machine as the probes see it: files, environment, process. Tests give a planted one. Nothing here writes. */
import { execFile } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import v8 from 'node:v8';
import { readText } from '@tshorn/core';

export interface FileStat {
  readonly kind: 'file' | 'directory' | 'other';
  readonly mode: number;
  readonly uid: number;
  readonly mtimeMs: number;
}

export interface Space {
  readonly freeBytes: number;
  readonly totalBytes: number;
}

export type Access = 'read' | 'write' | 'execute';

export interface System {
  readonly platform: NodeJS.Platform;
  readonly arch: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Milliseconds since 1970. */
  readonly now: number;
  /** The effective user id; -1 on a platform without one. */
  readonly uid: number;
  readonly memoryBytes: number;
  readonly cpus: number;
  readonly tmpdir: string;
  readonly node: {
    /** Without the `v`. */
    readonly version: string;
    readonly abi: string;
    readonly heapLimitBytes: number;
  };
  read(path: string): string | undefined;
  /** The content of a file that is no text. */
  bytes(path: string): Buffer | undefined;
  stat(path: string): FileStat | undefined;
  /** The target of a symbolic link, resolved to its end; undefined for a path that leads nowhere. */
  realpath(path: string): string | undefined;
  /** The text of a symbolic link, as written. */
  readlink(path: string): string | undefined;
  /** The names in a directory; none where it cannot be read. */
  list(path: string): readonly string[];
  space(path: string): Space | undefined;
  can(path: string, access: Access): boolean;
  /** The standard output of a program; undefined where it cannot be run, fails, or takes longer than a second. */
  run(program: string, args: readonly string[]): Promise<string | undefined>;
}

const attempt = <T>(act: () => T): T | undefined => {
  try {
    return act();
  } catch {
    return undefined;
  }
};

const RUN_MS = 5_000;

const MODE = { read: fs.constants.R_OK, write: fs.constants.W_OK, execute: fs.constants.X_OK } as const;

export function realSystem(env: System['env'] = process.env): System {
  return {
    platform: process.platform,
    arch: process.arch,
    env,
    now: Date.now(),
    uid: process.geteuid?.() ?? -1,
    memoryBytes: os.totalmem(),
    cpus: os.availableParallelism(),
    tmpdir: os.tmpdir(),
    node: {
      version: process.versions.node,
      abi: process.versions.modules,
      heapLimitBytes: v8.getHeapStatistics().heap_size_limit,
    },
    read: readText,
    bytes: (path) => attempt(() => fs.readFileSync(path)),
    stat: (path) =>
      attempt(() => {
        const stat = fs.statSync(path);
        const kind = stat.isFile() ? 'file' : stat.isDirectory() ? 'directory' : 'other';
        return { kind, mode: stat.mode & 0o7777, uid: stat.uid, mtimeMs: stat.mtimeMs };
      }),
    realpath: (path) => attempt(() => fs.realpathSync(path)),
    readlink: (path) => attempt(() => fs.readlinkSync(path)),
    list: (path) => attempt(() => fs.readdirSync(path)) ?? [],
    space: (path) =>
      attempt(() => {
        const { bsize, blocks, bavail } = fs.statfsSync(path);
        return { freeBytes: bsize * bavail, totalBytes: bsize * blocks };
      }),
    can: (path, access) =>
      attempt(() => {
        fs.accessSync(path, MODE[access]);
        return true;
      }) ?? false,
    run: (program, args) =>
      new Promise((resolve) => {
        execFile(program, args, { timeout: RUN_MS, encoding: 'utf8' }, (error, out) =>
          resolve(error ? undefined : out),
        );
      }),
  };
}
