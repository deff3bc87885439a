/** All that metrics are made of. Collected by Observed; families.ts and its parts read it. */
import type { QueueFigures } from '../os/listen-queue.ts';
import type { MasterStatus } from '../status.ts';
import type { NoticeCounts } from './notice-counts.ts';
import type { SlotMetrics } from './registry.ts';

export interface Facts {
  readonly slots: readonly SlotMetrics[];
  readonly counts: NoticeCounts;
  readonly status: MasterStatus;
  readonly queue: QueueFigures;
  readonly master: OwnFigures;
  /** Name of the release that serves. */
  readonly release: string | undefined;
  /** The version of tshorn. */
  readonly version: string;
  /** Monotonic milliseconds. */
  readonly now: number;
}

/** Figures of the master's own process. */
export interface OwnFigures {
  readonly cpuUserMs: number;
  readonly cpuSystemMs: number;
  readonly uptimeMs: number;
  /** Open file descriptors; undefined where the system does not list them. */
  readonly openFiles: number | undefined;
}
