/** The diagnosis as people and programs read it. */
import { wrapWords } from '@tshorn/core';
import { LEVELS, type Level } from './check.ts';
import { countOf, type Diagnosis, exitCodeOf, type Finding } from './diagnose.ts';

/** Colours a part of a line; a program that is no terminal gets it as it is. */
export type PaintLevel = (level: Level | 'dim' | 'bold' | 'ok', text: string) => string;

export interface ReportOptions {
  /** Columns of the terminal. */
  readonly width: number;
  readonly verbose: boolean;
  readonly paint: PaintLevel;
  /** The app and the machine, in one line. */
  readonly about: string;
}

const LEVEL_WIDTH = 'warning'.length;
const INDENT = ' '.repeat(LEVEL_WIDTH + 4);
const LABEL_WIDTH = 'mend'.length + 2;

export function reportText(diagnosis: Diagnosis, options: ReportOptions): string {
  const { paint, width, verbose, about } = options;
  const lines = wrapWords(about, width).map((line) => paint('dim', line));
  let group: string | undefined;
  for (const finding of diagnosis.findings) {
    lines.push('');
    if (finding.group !== group) lines.push(paint('bold', finding.group));
    group = finding.group;
    lines.push(...linesOf(finding, options));
  }
  lines.push('');
  if (verbose) lines.push(...verboseLines(diagnosis, options), '');
  lines.push(...wrapWords(summary(diagnosis, verbose), width));
  return lines.join('\n');
}

function linesOf({ level, title, seen, why, mend, detail }: Finding, { width, paint }: ReportOptions) {
  const room = width - INDENT.length;
  const part = (label: string, text: string) =>
    wrapWords(text, room - LABEL_WIDTH).map((line, at) =>
      [INDENT, at === 0 ? paint('dim', label.padEnd(LABEL_WIDTH)) : ' '.repeat(LABEL_WIDTH), line].join(''),
    );
  const [head = '', ...rest] = wrapWords(title, room);
  return [
    `  ${paint(level, level.padEnd(LEVEL_WIDTH))}  ${paint('bold', head)}`,
    ...rest.map((line) => INDENT + paint('bold', line)),
    ...part('seen', seen),
    ...(detail ?? '')
      .split('\n')
      .filter(Boolean)
      .map((line) => `${INDENT}${' '.repeat(LABEL_WIDTH)}| ${line}`),
    ...part('why', why),
    ...part('mend', mend),
  ];
}

function verboseLines({ ok, notApplicable }: Diagnosis, { paint, width }: ReportOptions): string[] {
  const names = (checks: Diagnosis['ok']) => checks.map(({ id }) => id).join(', ');
  const part = (label: string, text: string) =>
    text === '' ? [] : [label, ...wrapWords(text, width - 2).map((line) => `  ${paint('dim', line)}`)];
  return [...part(paint('ok', 'ok'), names(ok)), ...part('not applicable here', names(notApplicable))];
}

function summary(diagnosis: Diagnosis, verbose: boolean): string {
  const counts = LEVELS.map((level) => [countOf(diagnosis, level), level] as const)
    .filter(([count]) => count > 0)
    .map(([count, level]) => `${count} ${level}${count === 1 ? '' : 's'}`);
  const found = counts.length > 0 ? counts.join(', ') : 'nothing found';
  const { ok, notApplicable } = diagnosis;
  const more = notApplicable.length > 0 ? `, ${notApplicable.length} not applicable` : '';
  return `${found}; ${ok.length} checks ok${more}${verbose ? '' : ' (--verbose)'}`;
}

/** For programs: one object, with `findings` first. */
export const reportJson = (diagnosis: Diagnosis): string =>
  JSON.stringify(
    {
      findings: diagnosis.findings,
      ok: diagnosis.ok.map(({ id }) => id),
      notApplicable: diagnosis.notApplicable.map(({ id }) => id),
      exitCode: exitCodeOf(diagnosis),
    },
    null,
    2,
  );
