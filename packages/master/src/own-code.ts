/**
 * Where the compiled code of tshorn itself is kept: that of the command line and master, and that of the workers, which
 * core/src/program.ts runs. It is trusted like the compile cache of the app (compile-cache.ts), and lies beside that.
 */
import fs from 'node:fs';
import { join } from 'node:path';
import { sumOf } from '@tshorn/core';
import { cachePlaceOf } from './cache-place.ts';
import { directoryFor, privateDirectory } from './private-directory.ts';

/** The user of the workers, where that is not the master's. */
type User = { readonly uid: number; readonly gid: number } | undefined;

/** Files that are kept: those of two programs, for some versions of Node and of tshorn. */
const KEPT = 12;

export class OwnCode {
  readonly #env: NodeJS.ProcessEnv;
  readonly #user: User;
  readonly #program: string;
  /** Why there is no file; undefined where there is one, or can be. */
  problem: unknown;

  /**
   * @param program its name and the version of its text. V8 refuses code that another version of it has made, or one with
   * other flags: each has a file of its own.
   */
  constructor(env: NodeJS.ProcessEnv, program: string, user?: User) {
    this.#env = env;
    this.#program = program;
    this.#user = user;
  }

  get isWanted(): boolean {
    return this.#env.NODE_DISABLE_COMPILE_CACHE === undefined;
  }

  /** @param nodeOptions the NODE_OPTIONS of the process that runs the program */
  #file(nodeOptions: string): string {
    const flags = sumOf(Buffer.from([...process.execArgv, nodeOptions].join(' '))).toString(36);
    return join(this.#directory, `${this.#program}-${process.version}-${process.arch}-${flags}`);
  }

  get #names(): { base: string; names: string[] } {
    const { base, names } = cachePlaceOf(this.#env, this.#user !== undefined);
    if (this.#user) return { base, names: [...names] };
    return { base, names: [...names.slice(0, -1), `${names.at(-1)}-code`] };
  }

  get #directory(): string {
    const { base, names } = this.#names;
    return join(base, ...names, ...(this.#user ? [`${this.#user.uid}-code`] : []));
  }

  /** The file, where it is there and nobody else could have written it; undefined otherwise. */
  find(nodeOptions = ''): string | undefined {
    if (!this.isWanted) return undefined;
    try {
      const file = this.#file(nodeOptions);
      if (!fs.existsSync(file)) return undefined;
      this.#prepare();
      return file;
    } catch (error) {
      this.problem = error;
      return undefined;
    }
  }

  /**
   * The file, for a process of the user that writes it; undefined where there is one, or none can be.
   * @param nodeOptions of the process that runs the program
   */
  missing(nodeOptions = ''): string | undefined {
    if (!this.isWanted) return undefined;
    try {
      const file = this.#file(nodeOptions);
      if (fs.existsSync(file)) return undefined;
      this.#prepare();
      this.#prune();
      return file;
    } catch (error) {
      this.problem = error;
      return undefined;
    }
  }

  #prepare(): void {
    const { base, names } = this.#names;
    privateDirectory(base, names, this.#user ? 0o711 : 0o700);
    if (this.#user) directoryFor(this.#user.uid, this.#user.gid, this.#directory);
  }

  /** Those of another user stay: root does not walk a directory that its owner may turn into a link meanwhile. */
  #prune(): void {
    if (this.#user) return;
    const directory = this.#directory;
    const files = fs.readdirSync(directory).map((name) => join(directory, name));
    const age = (file: string) => fs.statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? 0;
    const old = files.map((file) => ({ file, at: age(file) })).sort((one, other) => other.at - one.at);
    for (const { file } of old.slice(KEPT - 1)) fs.rmSync(file, { force: true });
  }
}
