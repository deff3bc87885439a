import type { WorkerIdentity } from '@tshorn/core';
import type { WorkerHandle } from '../worker-handle.ts';

/** One worker as the watch on its heartbeats sees it. */
export interface WatchedWorker {
  readonly identity: WorkerIdentity;
  /** Working directory of its release. */
  readonly cwd: string;
  /** `--timeout` in milliseconds; 0: no watch. */
  readonly timeoutMs: number;
  /** `--disable-sigusr1`: its inspector cannot be opened by a signal. */
  readonly inspectorDisabled: boolean;
  readonly handle: Pick<WorkerHandle, 'pid' | 'connected' | 'inspector' | 'openInspector'>;
}
