/** The form of a check: one declared record, from which the report and docs/doctor.md are made. */
import type { Facts, Failure } from './facts.ts';

/** `error`: the service fails. `warning`: it is hurt sooner or later. `note`: worth knowing; no fault. */
export const LEVELS = ['error', 'warning', 'note'] as const;
export type Level = (typeof LEVELS)[number];

export const GROUPS = ['App', 'Configuration', 'Machine', 'Surroundings', 'Release'] as const;
export type Group = (typeof GROUPS)[number];

export interface Found {
  readonly level: Level;
  /** Where it is, and the value there. */
  readonly seen: string;
  /** The exact commands or options that mend it; the check's own `mend` where it is absent. */
  readonly mend?: string;
  /** A text of somebody else's making, line by line: the app's error. */
  readonly detail?: string;
}

export type Outcome = Found | 'ok' | 'not applicable';

export interface Check {
  /** Stable: scripts read it in `--json`. */
  readonly id: string;
  readonly group: Group;
  /** The levels that a finding can have, for the documentation. */
  readonly levels: readonly Level[];
  /** The fault, as a sentence without a full stop. */
  readonly title: string;
  /** Why it matters, in one clause. */
  readonly why: string;
  /** How to mend it, in general. */
  readonly mend: string;
  run(facts: Facts): Outcome;
}

/** The finding of an error with which a start would end: its own words say how to mend it. */
export const failed = ({ message, fix, detail }: Failure): Found => ({
  level: 'error',
  seen: message,
  ...(fix !== undefined && { mend: fix }),
  ...(detail !== undefined && { detail }),
});

export const NOT_APPLICABLE = 'not applicable';
