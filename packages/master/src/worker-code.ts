/** The compiled code of the workers' own program: the first worker writes it, the next ones begin with it. */
import { CODE_VARIABLE } from '@tshorn/core';
import type { Logger } from './log.ts';
import { logNoCache } from './no-cache.ts';
import { OwnCode } from './own-code.ts';
import type { Identity } from './privileges.ts';

/** The name and version of the program, which the build puts in; undefined in a test of the source. */
declare const WORKER_PROGRAM: string | undefined;

export class WorkerCode {
  readonly #own: OwnCode | undefined;
  /** Files that a worker has been asked for. */
  readonly #asked = new Set<string>();

  readonly #log: Logger;

  /** @param identity whom the workers run as, where that is not the master's user */
  constructor(log: Logger, env: NodeJS.ProcessEnv, identity: Identity | undefined) {
    this.#log = log;
    if (typeof WORKER_PROGRAM === 'string') this.#own = new OwnCode(env, WORKER_PROGRAM, identity);
  }

  /** The order for the next worker. @param nodeOptions its NODE_OPTIONS */
  for(nodeOptions: string | undefined): {
    readonly env?: NodeJS.ProcessEnv;
    readonly boot?: { ownCode: string };
  } {
    const found = this.#own?.find(nodeOptions);
    if (found !== undefined) return { env: { [CODE_VARIABLE]: found } };
    const missing = this.#own?.missing(nodeOptions);
    if (missing === undefined && this.#own?.problem !== undefined) logNoCache(this.#log, this.#own.problem);
    if (missing === undefined || this.#asked.has(missing)) return {};
    this.#asked.add(missing);
    return { boot: { ownCode: missing } };
  }
}
