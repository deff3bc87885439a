/** The surroundings of the master's hands: the state to read, the queue for events, and the objects of the master. */
import type { Event } from './decide/events.ts';
import type { Hooks } from './hooks.ts';
import type { LastWords } from './last-words.ts';
import type { Listener } from './listeners.ts';
import type { RecentCounts } from './live/recent-counts.ts';
import type { RecentLines } from './live/recent-lines.ts';
import type { Logger } from './log.ts';
import type { LogFields } from './log-events.ts';
import type { AppMetrics } from './metrics/apps/app-metrics.ts';
import type { Registry } from './metrics/registry.ts';
import type { ListenQueues } from './os/listen-queue.ts';
import type { OutputFile } from './output-file.ts';
import type { Privileges } from './privileges.ts';
import type { Release } from './release.ts';
import type { StatusUdp } from './status-udp.ts';
import type { Certificates } from './tls/certificates.ts';
import type { TicketKeys } from './tls/ticket-keys.ts';
import type { Party } from './traffic.ts';
import type { View } from './view.ts';
import type { WatchMode } from './watch/watch-mode.ts';

export interface Context {
  readonly log: Logger;
  readonly view: View;
  readonly hooks: Hooks;
  readonly lastWords: LastWords;
  readonly listeners: readonly Listener[];
  /** Present where there are https listeners. */
  readonly certificates: Certificates | undefined;
  readonly ticketKeys: TicketKeys;
  readonly statusUdp: StatusUdp | undefined;
  /** Present with `--output-file`. */
  readonly output: OutputFile | undefined;
  /** The file that a worker process runs. */
  readonly workerFile: string;
  readonly env: NodeJS.ProcessEnv;
  readonly privileges: Privileges;
  /** Gathers what the workers report and print. Decides nothing. */
  readonly observed: {
    /** The counts of all workers. */
    readonly registry: Registry;
    /** The app's own metrics, in all workers. */
    readonly apps: AppMetrics;
    readonly recent: RecentCounts;
    /** The kernel's queue. */
    readonly queues: Pick<ListenQueues, 'now'>;
    readonly lines: RecentLines;
    /** Why a worker hangs, as it is logged. */
    explained(fields: LogFields, text: string): void;
  };
  /** Present with `--watch`. */
  readonly watch: WatchMode | undefined;
  /** The other master of a re-exec. */
  readonly otherMaster: {
    neighbour(serial: number): Party | undefined;
    /** True while the old master's workers serve. */
    readonly isFollowing: boolean;
    /** True while there is another master. */
    readonly isBeside: boolean;
  };
  releaseOf(generation: number): Release;
  /** Queues what has happened for the master's loop. */
  enqueue(event: Event): void;
}
