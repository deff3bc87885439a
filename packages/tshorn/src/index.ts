/**
 * `import ... from 'tshorn'`. An app imports it in a worker, for what survives a deploy: the master, which is most of
 * the package, is loaded only by who starts one.
 */
import type { UserConfig } from '@tshorn/config';
import type { Server, StartOptions } from './start.ts';

export type { Hooks, MasterInfo, UserConfig, WorkerInfo } from '@tshorn/config';
export { defineConfig } from '@tshorn/config/define-config';
export { type ErrorCode, TshornError, type WorkerIdentity } from '@tshorn/core';
export type { MasterStatus, Notice, WorkerStatus } from '@tshorn/master';
export type { ReloadVerdict, Server, StartOptions } from './start.ts';
// An app may import all from one place.
export * from './worker.ts';

/**
 * Starts a server in this process, which becomes the master. Resolves when its addresses are bound and
 * the first workers are starting; wait for the notice `started` to know that they serve.
 * @throws TshornError for a wrong option, an address that cannot be bound or an app that is not there
 */
export async function start(config: UserConfig, options?: StartOptions): Promise<Server> {
  const library = await import('./start.ts');
  return library.start(config, options);
}
