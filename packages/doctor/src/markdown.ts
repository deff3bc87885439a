/** The tables of docs/doctor.md, made from the checks. */
import { GROUPS } from './check.ts';
import { CHECKS } from './checks/index.ts';

const cell = (text: string) => text.replaceAll('|', '\\|');

export const findingsMarkdown = (): string =>
  GROUPS.map((group) => {
    const rows = CHECKS.filter((check) => check.group === group).map(
      ({ id, title, why, mend, levels }) =>
        `| \`${id}\` | ${cell(title)} | ${cell(why)} | ${cell(mend)} | ${levels.join(', ')} |`,
    );
    const head = ['| finding | | why it matters | how to mend it | level |', '|---|---|---|---|---|'];
    return [`### ${group}`, '', ...head, ...rows].join('\n');
  }).join('\n\n');
