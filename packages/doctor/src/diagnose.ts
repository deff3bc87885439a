/** Runs the checks over the facts. */
import { type Check, type Found, GROUPS, type Group, LEVELS, type Level, NOT_APPLICABLE } from './check.ts';
import { CHECKS } from './checks/index.ts';
import type { Facts } from './facts.ts';

export interface Finding extends Omit<Found, 'mend'> {
  readonly id: string;
  readonly group: Group;
  readonly title: string;
  readonly why: string;
  readonly mend: string;
}

export interface Diagnosis {
  /** By group, the gravest first. */
  readonly findings: readonly Finding[];
  /** Ids of the checks that found nothing. */
  readonly ok: readonly Pick<Check, 'id' | 'title'>[];
  readonly notApplicable: readonly Pick<Check, 'id' | 'title'>[];
}

export function diagnose(facts: Facts, checks: readonly Check[] = CHECKS): Diagnosis {
  const outcomes = checks.map((check) => ({ check, outcome: check.run(facts) }));
  const named = (wanted: string) =>
    outcomes.filter(({ outcome }) => outcome === wanted).map(({ check: { id, title } }) => ({ id, title }));
  const findings = outcomes.flatMap(({ check: { id, group, title, why, mend }, outcome }) =>
    typeof outcome === 'string' ? [] : [{ id, group, title, why, mend, ...outcome }],
  );
  const rank = ({ group, level }: Finding) => GROUPS.indexOf(group) * LEVELS.length + LEVELS.indexOf(level);
  return {
    findings: findings.sort((one, other) => rank(one) - rank(other)),
    ok: named('ok'),
    notApplicable: named(NOT_APPLICABLE),
  };
}

export const countOf = ({ findings }: Diagnosis, level: Level): number =>
  findings.filter((finding) => finding.level === level).length;

/** 1 where something is to be mended; notes are none of that. */
export const exitCodeOf = (diagnosis: Diagnosis): 0 | 1 =>
  countOf(diagnosis, 'error') + countOf(diagnosis, 'warning') > 0 ? 1 : 0;
