/** How the last reloads ended, as `GET /status` lists them. Created by Observed. */
import type { Notice } from '../decide/notice.ts';

export interface PastReload {
  readonly generation: number;
  readonly outcome: string;
  readonly reason?: string;
  /** Name of the requester. */
  readonly by: string;
  /** Time of the end, as ISO 8601. */
  readonly at: string;
  readonly replaced: number;
  readonly tookMs: number;
}

const KEPT = 10;

export class PastReloads {
  readonly #reloads: PastReload[] = [];

  /** The last ten, the oldest first. */
  get all(): readonly PastReload[] {
    return this.#reloads;
  }

  notice(notice: Notice): void {
    if (notice.event !== 'reload-finished') return;
    const { generation, operation, outcome, reason, replaced, tookMs } = notice;
    this.#reloads.push({
      generation,
      outcome,
      ...(reason !== undefined && { reason }),
      by: operation.by,
      at: new Date().toISOString(),
      replaced,
      tookMs: Math.round(tookMs),
    });
    this.#reloads.splice(0, this.#reloads.length - KEPT);
  }
}
