/** How the start and the last reloads ended, for `tshorn status` and `tshorn releases`. Created by Observed. */
import type { Notice, Outcome } from '../decide/notice.ts';

export interface PastReload {
  /** 1 is the start. */
  readonly generation: number;
  /** The name of the release, where it has one and that has been found out. */
  readonly release?: string;
  /** For a rollback: the generation whose release it took. */
  readonly backTo?: number;
  readonly outcome: Outcome;
  readonly reason?: string;
  /** Name of the requester. */
  readonly by: string;
  /** Time of the end, as ISO 8601. */
  readonly at: string;
  readonly replaced: number;
  readonly tookMs: number;
}

const SHOWN = 10;
/** Ends of reloads whose release cannot be served again. */
const MOST_OTHERS = 20;

export class PastReloads {
  #ended: PastReload[] = [];
  readonly #canServe: (generation: number) => boolean;
  readonly #startedBy: () => 'start' | 're-exec';

  /**
   * @param canServe true for a generation whose release can be served again: it is not forgotten
   * @param startedBy what has started this master
   */
  constructor(canServe: (generation: number) => boolean, startedBy: () => 'start' | 're-exec') {
    this.#canServe = canServe;
    this.#startedBy = startedBy;
  }

  /** The last ten reloads, the oldest first. */
  get all(): readonly PastReload[] {
    return this.#ended.filter(({ generation }) => generation !== START).slice(-SHOWN);
  }

  /** The start among them, the oldest first. */
  get withStart(): readonly PastReload[] {
    return this.#ended;
  }

  notice(notice: Notice): void {
    const entry = entryOf(notice, this.#startedBy);
    if (!entry || (entry.generation === START && this.#ended.length > 0)) return;
    const all = [...this.#ended, entry];
    const others = new Set(all.filter(({ generation }) => !this.#canServe(generation)).slice(-MOST_OTHERS));
    this.#ended = all.filter((one) => this.#canServe(one.generation) || others.has(one));
  }
}

/** The generation of the start. */
const START = 1;

function entryOf(notice: Notice, startedBy: () => string): PastReload | undefined {
  if (notice.event !== 'started' && notice.event !== 'reload-finished') return undefined;
  const { release, tookMs = 0 } = notice;
  const end = {
    ...(release !== undefined && { release }),
    at: new Date().toISOString(),
    tookMs: Math.round(tookMs),
  };
  if (notice.event === 'started')
    return { generation: START, outcome: 'committed', by: startedBy(), replaced: 0, ...end };
  const { generation, backTo, outcome, reason, operation, replaced } = notice;
  return {
    generation,
    ...(backTo !== undefined && { backTo }),
    outcome,
    ...(reason !== undefined && { reason }),
    by: operation.by,
    replaced,
    ...end,
  };
}
