/** What is told of workers that are missing: backoff.ts and health.ts make these. */
import type { Level } from './notice.ts';

export type HealthNotice =
  | {
      readonly event: 'degraded';
      readonly level: Level;
      readonly ready: number;
      readonly size: number;
      readonly reason: string;
    }
  | {
      readonly event: 'recovered';
      readonly level: Level;
      readonly ready: number;
      readonly size: number;
      readonly tookMs: number;
    }
  /** Instead of the single failures, when there are many. */
  | {
      readonly event: 'crash-loop';
      readonly level: Level;
      /** How many of them keep failing. */
      readonly workers: number;
      readonly failures: number;
      readonly tookMs: number;
      /** Until the last of the attempts that wait now. */
      readonly nextMs: number;
      /** Of the last one. */
      readonly reason: string;
    };
