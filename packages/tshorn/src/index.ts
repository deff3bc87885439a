/**
 * The entry point `tshorn`. An app imports it in a worker too, for connections that survive a deploy. So the code of the
 * master, most of the package, is loaded only by `start()`.
 */
import type { UserConfig } from '@tshorn/config';
import type { Server, StartOptions } from './start.ts';

export type { Hooks, MasterInfo, UserConfig, WorkerInfo } from '@tshorn/config';
export { defineConfig } from '@tshorn/config/define-config';
export { type ErrorCode, TshornError, type WorkerIdentity } from '@tshorn/core';
export type { MasterStatus, Notice, WorkerStatus } from '@tshorn/master';
export type { ReloadVerdict, Server, StartOptions } from './start.ts';
// Lets an app import everything from one place.
export * from './worker.ts';

/**
 * Starts a server in this process, which becomes the master. Resolves when the addresses are bound and the first workers
 * are starting. The notice `started` reports that they serve.
 * @throws TshornError for a wrong option, an address that cannot be bound, or a missing app
 */
export async function start(config: UserConfig, options?: StartOptions): Promise<Server> {
  const library = await import('./start.ts');
  return library.start(config, options);
}
