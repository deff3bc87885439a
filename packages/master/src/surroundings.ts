/** What the master's hands find around them: who to ask, and where to tell what has come of it. */
import type { WorkerIdentity } from '@tshorn/core';
import type { Event } from './decide/model.ts';
import type { Hooks } from './hooks.ts';
import type { LastWords } from './last-words.ts';
import type { Listener } from './listeners.ts';
import type { Logger } from './log.ts';
import type { Privileges } from './privileges.ts';
import type { Release } from './release.ts';
import type { StatusUdp } from './status-udp.ts';
import type { Party } from './traffic.ts';

export interface Surroundings {
  readonly log: Logger;
  readonly hooks: Hooks;
  readonly lastWords: LastWords;
  readonly listeners: readonly Listener[];
  readonly statusUdp: StatusUdp | undefined;
  /** File that a worker process runs. */
  readonly workerFile: string;
  readonly env: NodeJS.ProcessEnv;
  readonly privileges: Privileges;
  releaseOf(generation: number): Release;
  /** Workers that could take over a connection of this one, the best ones only: none of `except`. */
  takersFor(serial: number, except: ReadonlySet<number>): readonly number[];
  /** The master before this one, or after it, where there is one. */
  neighbour(serial: number): Party | undefined;
  /** Whether the workers of a master before this one serve. */
  isFollowing(): boolean;
  /** Whether connections may move at all (`--no-handoff`). */
  handoff(): boolean;
  /** Workers in service that are none of these. */
  others(serials: readonly number[]): readonly number[];
  /** Workers whose connections are kept even; undefined while an operation is under way. */
  balanced(): readonly number[] | undefined;
  /** New workers that are being compared with the others. */
  watched(): readonly number[];
  /** Workers of which one may be recycled now; undefined while none may. */
  recyclable(): readonly number[] | undefined;
  /** Whether the worker is of a release that can still be rolled back. */
  isOnTrial(serial: number): boolean;
  identityOf(serial: number): WorkerIdentity | undefined;
  enqueue(event: Event): void;
}
