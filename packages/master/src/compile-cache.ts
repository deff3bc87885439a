/**
 * Where the workers of a release keep what V8 has compiled of it, so that the next one starts faster
 * (https://nodejs.org/api/module.html#module-compile-cache, Node 22.1 and newer). What lies there is run:
 * a release's directory is that of the user who runs it, and of nobody else; where workers have a user of their own, its
 * number is in the directory's name. The other end is worker/src/compile-cache.ts.
 */
import { execFile } from 'node:child_process';
import fs from 'node:fs';
import module from 'node:module';
import { tmpdir } from 'node:os';
import { isAbsolute, join } from 'node:path';
import { promisify } from 'node:util';
import { describeThrown } from '@tshorn/core';
import type { Logger } from './log.ts';
import { makeDirectoryFor, makePrivateDirectory } from './private-directory.ts';
import type { Identity } from './privileges.ts';
import { obstacle } from './reach.ts';
import type { Release } from './release.ts';

/** Of so many releases, the last ones used, a cache is kept. */
const KEPT_RELEASES = 10;
/** A file name has 255 bytes at most. */
const LONGEST_NAME = 200;

/**
 * `$CACHE_DIRECTORY` is systemd's; of several, separated by colons, the first one is taken.
 * @param shared directories of other users lie in it: they have to be let through
 */
function rootDirectory({ CACHE_DIRECTORY, XDG_CACHE_HOME }: NodeJS.ProcessEnv, shared: boolean): string {
  const tshorn = shared ? 'tshorn-users' : 'tshorn';
  const [given] = (CACHE_DIRECTORY ?? '').split(':');
  const named = [given, XDG_CACHE_HOME].find((directory) => directory && isAbsolute(directory));
  if (named) return join(named, tshorn);
  return shared
    ? join(tmpdir(), `tshorn-${process.geteuid?.()}-users`)
    : join(tmpdir(), `tshorn-${process.geteuid?.()}`, 'compiled');
}

export class CompileCache {
  readonly #log: Logger;
  readonly #env: NodeJS.ProcessEnv;
  readonly #identity: Identity | undefined;
  /** By the app's file; undefined where there can be none. */
  readonly #directories = new Map<string, string | undefined>();

  /** @param identity whom the workers run as, where that is not the master's user */
  constructor(log: Logger, env: NodeJS.ProcessEnv, identity: Identity | undefined) {
    this.#log = log;
    this.#env = env;
    this.#identity = identity;
  }

  /** The directory of that release; undefined where this Node has no such cache or none is wanted. */
  directoryOf({ appFile, config }: Release): string | undefined {
    if (!config.compileCache || !('enableCompileCache' in module)) return undefined;
    // Somebody has chosen another place: Node itself sees to it.
    if (this.#env.NODE_COMPILE_CACHE) return undefined;
    if (!this.#directories.has(appFile)) this.#directories.set(appFile, this.#make(appFile));
    return this.#directories.get(appFile);
  }

  #make(appFile: string): string | undefined {
    const identity = this.#identity;
    const root = rootDirectory(this.#env, identity !== undefined);
    // A name that people can read, and no hash: node:crypto is 2 MB of memory. Two apps that share a directory do no
    // harm: Node tells their files apart.
    const release = appFile.replace(/[^\w.-]+/g, '-').slice(-LONGEST_NAME);
    try {
      // Searchable: who knows the name of a directory in it still needs the right to enter that.
      makePrivateDirectory(root, identity ? 0o711 : 0o700);
      const directory = join(root, identity ? `${identity.uid}-${release}` : release);
      if (identity) makeDirectoryFor(identity.uid, identity.gid, directory);
      else makePrivateDirectory(directory);
      const closed = identity && obstacle(directory, identity);
      if (closed !== undefined) throw new Error(`${closed} is closed to uid ${identity?.uid}`);
      const now = new Date();
      fs.utimesSync(directory, now, now);
      void prune(root).catch(() => {});
      return directory;
    } catch (error) {
      this.#log.debug(`no compile cache in ${root}: ${describeThrown(error)}`);
      return undefined;
    }
  }
}

async function prune(root: string): Promise<void> {
  const names = await fs.promises.readdir(root);
  const directories = await Promise.all(
    names.map(async (name) => {
      const { mtimeMs, uid, gid } = await fs.promises.lstat(join(root, name));
      return { name, uid, gid, usedAt: mtimeMs };
    }),
  );
  directories.sort((one, other) => other.usedAt - one.usedAt);
  for (const { name, uid, gid } of directories.slice(KEPT_RELEASES)) await remove(join(root, name), uid, gid);
}

/** Root does not walk a tree that somebody else may turn into links while it does: its owner empties it. */
async function remove(directory: string, uid: number, gid: number): Promise<void> {
  const foreign = uid !== process.geteuid?.();
  if (foreign)
    await promisify(execFile)('find', [directory, '-mindepth', '1', '-delete'], { uid, gid, cwd: '/' });
  await (foreign
    ? fs.promises.rmdir(directory)
    : fs.promises.rm(directory, { recursive: true, force: true }));
}
