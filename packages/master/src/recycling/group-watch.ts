/** The memory of the master's control group: how full it is, how fast it fills, and that no recycle would help it. */
import type { GroupMemory } from '@tshorn/core';
import type { Logger } from '../log.ts';
import { type Candidate, dueForGroup, type Group, groupFigures, isNear } from './due.ts';

/** Growth over less time than this says little, in milliseconds. */
const LEAST_MS = 500;
/** Time that a replacement needs until the old worker has left, as reckoned here. */
const REPLACED_MS = 3_000;

export class GroupWatch {
  readonly #read: () => GroupMemory | undefined;
  readonly #log: Pick<Logger, 'warn'>;
  #last: { readonly used: number; readonly at: number; readonly perMs: number } | undefined;
  /** The log says already that no recycle helps. */
  #told = false;

  /** @param read undefined where the group has no limit */
  constructor(read: () => GroupMemory | undefined, log: Pick<Logger, 'warn'>) {
    this.#read = read;
    this.#log = log;
  }

  /** @param at monotonic milliseconds */
  look(at: number): Group | undefined {
    const memory = this.#read();
    if (!memory) return undefined;
    const { used } = memory;
    const last = this.#last;
    const passed = last ? at - last.at : 0;
    if (!last || passed >= LEAST_MS) {
      this.#last = { used, at, perMs: last ? Math.max(0, (used - last.used) / passed) : 0 };
    }
    return { ...memory, soon: used + (this.#last?.perMs ?? 0) * REPLACED_MS };
  }

  /** Warns once for each time that it is full. */
  warnIfInVain(group: Group, candidates: readonly Candidate[]): void {
    const isFull = candidates.some(({ limits }) => isNear(group, limits));
    if (!isFull) this.#told = false;
    else if (!this.#told && dueForGroup(candidates, group).length === 0) {
      this.#told = true;
      this.#log.warn(
        { event: 'group-nearly-full', used: group.used, limit: group.limit },
        `${groupFigures(group)} (--heap-guard): no worker has grown much since its start, so no recycle helps; raise the limit, use fewer --workers, or find what else runs in the group`,
      );
    }
  }

  /** A new release starts afresh. */
  clear(): void {
    this.#told = false;
  }
}
