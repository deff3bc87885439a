/** Starts the process of a worker. Called by the WorkerHandle. */
import cluster, { type Worker as ClusterWorker } from 'node:cluster';
import { type BootOrder, replaceLostTerminal } from '@tshorn/core';
import { refusePrivilegedListeners } from './cluster-guard.ts';
import { inspectorSettings } from './inspect/settings.ts';
import type { Listener } from './listeners.ts';
import type { Identity } from './privileges.ts';
import { openWorkerInput } from './worker-input.ts';

export interface SpawnRequest {
  /** The file that the process runs. */
  readonly exec: string;
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
  readonly boot: BootOrder;
  /** Watch mode, before the first worker is in service: connections are to wait from now on, and not to be refused. */
  readonly open?: { readonly listeners: readonly Listener[]; readonly backlog: number };
  /** The worker has it as HEARTBEAT_FD. */
  readonly heartbeatFd?: number;
  /** Sends what comes before the boot order. */
  readonly beforeBoot?: () => void;
  /** Undefined: the user of the master. */
  readonly runAs: Pick<Identity, 'uid' | 'gid'> | undefined;
}

/**
 * @param capture the master reads the standard output of the worker too, which is its own otherwise
 * @throws the error of the system when the process cannot be started; some come as an 'error' of the worker
 */
export function forkWorker(request: SpawnRequest, capture: boolean): ClusterWorker {
  const { exec, cwd, env, runAs, boot, heartbeatFd } = request;
  // On a dead terminal, the first line that the worker prints would end it.
  if (!capture) replaceLostTerminal();
  const input = openWorkerInput();
  try {
    const stdio = [
      input.stdio,
      capture ? 'pipe' : 'inherit',
      'pipe',
      'ipc',
      ...(heartbeatFd === undefined ? [] : [heartbeatFd]),
    ];
    // With uid or gid libuv drops the supplementary groups as well (setgroups in uv__process_child_init).
    const { uid, gid } = runAs ?? {};
    const inspectors = inspectorSettings(env, boot.inspector !== undefined);
    // The settings of the next fork: each worker gets the working directory of its release.
    cluster.setupPrimary({ exec, args: [], cwd, stdio, uid, gid, ...inspectors } as never);
    const worker = cluster.fork(env);
    if (runAs) refusePrivilegedListeners(worker.process);
    return worker;
  } finally {
    input.close();
  }
}
