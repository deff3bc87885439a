/**
 * The directory in which the workers of a release keep the code that V8 has compiled, so that the next worker starts faster
 * (https://nodejs.org/api/module.html#module-compile-cache, Node 22.1 and newer). Workers run what lies there: it is looked
 * at for each worker, and one that another user could change is not used. Where workers run as a user of their own, the
 * directory belongs to that user, and its name holds the uid. The other end is worker/src/compile-cache.ts.
 */
import { execFile } from 'node:child_process';
import fs from 'node:fs';
import module from 'node:module';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { cachePlaceOf } from './cache-place.ts';
import type { Logger } from './log.ts';
import { logNoCache } from './no-cache.ts';
import { directoryFor, privateDirectory } from './private-directory.ts';
import type { Identity } from './privileges.ts';
import { obstacle } from './reach.ts';
import type { Release } from './release.ts';

/** The releases, the last ones used, whose caches are kept. */
const KEPT_RELEASES = 10;
/** A file name has 255 bytes at most. */
const LONGEST_NAME = 200;

export class CompileCache {
  readonly #log: Logger;
  readonly #env: NodeJS.ProcessEnv;
  readonly #identity: Identity | undefined;
  /** Directories that this master has used. */
  readonly #used = new Set<string>();

  /** @param identity whom the workers run as, where that is not the master's user */
  constructor(log: Logger, env: NodeJS.ProcessEnv, identity: Identity | undefined) {
    this.#log = log;
    this.#env = env;
    this.#identity = identity;
  }

  /** The directory for the next worker of that release; undefined where there is no cache, and the log says why. */
  directoryOf({ appFile, config }: Release): string | undefined {
    if (!config.compileCache || !('enableCompileCache' in module)) return undefined;
    // The operator has chosen another place, which Node itself uses.
    if (this.#env.NODE_COMPILE_CACHE) return undefined;
    try {
      return this.#make(appFile);
    } catch (error) {
      logNoCache(this.#log, error);
      return undefined;
    }
  }

  #make(appFile: string): string {
    const identity = this.#identity;
    // A name that people can read, and no hash: node:crypto is 2 MB of memory. Two apps that share a directory do no
    // harm: Node tells their files apart.
    const release = appFile.replace(/[^\w.-]+/g, '-').slice(-LONGEST_NAME);
    const { base, names } = cachePlaceOf(this.#env, identity !== undefined);
    if (!identity) return this.#use(privateDirectory(base, [...names, release]));
    // 0711: a user who knows the name of a directory in it still needs the right to enter that.
    const directory = join(privateDirectory(base, names, 0o711), `${identity.uid}-${release}`);
    directoryFor(identity.uid, identity.gid, directory);
    const closed = obstacle(directory, identity);
    if (closed !== undefined) throw new Error(`${closed} is closed to uid ${identity.uid}`);
    return this.#use(directory);
  }

  #use(directory: string): string {
    if (this.#used.has(directory)) return directory;
    this.#used.add(directory);
    const now = new Date();
    fs.utimesSync(directory, now, now);
    void prune(dirname(directory)).catch(() => {});
    return directory;
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

/** Root does not walk a tree whose owner may turn it into links meanwhile: a process of that owner empties it. */
async function remove(directory: string, uid: number, gid: number): Promise<void> {
  const foreign = uid !== process.geteuid?.();
  if (foreign)
    await promisify(execFile)('find', [directory, '-mindepth', '1', '-delete'], { uid, gid, cwd: '/' });
  await (foreign
    ? fs.promises.rmdir(directory)
    : fs.promises.rm(directory, { recursive: true, force: true }));
}
