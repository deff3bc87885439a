import type { Level } from '../decide/notice.ts';

/** One event of the log, as `docs/operating.md` lists it. All texts are Markdown. */
export interface Row {
  readonly level: Level | `${string}${Level} or ${Level}`;
  /** Names of the JSON fields that the line has beside `event`, `level`, `time`, `master` and `msg`. */
  readonly fields?: string;
  /** The reason for which the line is logged. */
  readonly when: string;
  /** Advice for the operator; absent where nothing needs to be done. */
  readonly todo?: string;
}

export type Rows = Readonly<Record<string, Row>>;
