/**
 * Where the workers of a release keep what V8 has compiled of it, so that the next one starts faster
 * (https://nodejs.org/api/module.html#module-compile-cache, Node 22.1 and newer). What lies there is run:
 * the folder is this user's alone. The other end is worker/src/compile-cache.ts.
 */
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import module from 'node:module';
import { tmpdir } from 'node:os';
import { isAbsolute, join } from 'node:path';
import { describeThrown } from '@tshorn/core';
import type { Logger } from './log.ts';
import { makePrivateFolder } from './private-folder.ts';
import type { Release } from './release.ts';

/** Of so many releases, the last ones used, a cache is kept. */
const KEPT_RELEASES = 10;

/** `$CACHE_DIRECTORY` is systemd's; of several, separated by colons, the first one is taken. */
function rootFolder({ CACHE_DIRECTORY, XDG_CACHE_HOME }: NodeJS.ProcessEnv): string {
  const [given] = (CACHE_DIRECTORY ?? '').split(':');
  const named = [given, XDG_CACHE_HOME].find((folder) => folder && isAbsolute(folder));
  return named ? join(named, 'tshorn') : join(tmpdir(), `tshorn-${process.geteuid?.()}`, 'compiled');
}

export class CompileCache {
  readonly #log: Logger;
  readonly #env: NodeJS.ProcessEnv;
  /** By the app's file; undefined where there can be none. */
  readonly #folders = new Map<string, string | undefined>();

  constructor(log: Logger, env: NodeJS.ProcessEnv) {
    this.#log = log;
    this.#env = env;
  }

  /** The folder of that release; undefined where this Node has no such cache or none is wanted. */
  folderOf({ appFile, config }: Release): string | undefined {
    if (!config.compileCache || !('enableCompileCache' in module)) return undefined;
    // Somebody has chosen another place: Node itself sees to it.
    if (this.#env.NODE_COMPILE_CACHE) return undefined;
    if (!this.#folders.has(appFile)) this.#folders.set(appFile, this.#make(appFile));
    return this.#folders.get(appFile);
  }

  #make(appFile: string): string | undefined {
    const root = rootFolder(this.#env);
    try {
      makePrivateFolder(root);
      const folder = join(root, createHash('sha256').update(appFile).digest('hex').slice(0, 16));
      makePrivateFolder(folder);
      const now = new Date();
      fs.utimesSync(folder, now, now);
      void prune(root).catch(() => {});
      return folder;
    } catch (error) {
      this.#log.debug(`no compile cache in ${root}: ${describeThrown(error)}`);
      return undefined;
    }
  }
}

async function prune(root: string): Promise<void> {
  const names = await fs.promises.readdir(root);
  const folders = await Promise.all(
    names.map(async (name) => ({ name, usedAt: (await fs.promises.stat(join(root, name))).mtimeMs })),
  );
  folders.sort((one, other) => other.usedAt - one.usedAt);
  for (const { name } of folders.slice(KEPT_RELEASES)) {
    await fs.promises.rm(join(root, name), { recursive: true, force: true });
  }
}
