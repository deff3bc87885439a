/** The text of a config file: a line for each option, and a comment that names the key of PM2 that it comes from. */
import type { Draft, Line } from './draft.ts';

export interface Head {
  /** The name of the app in PM2. */
  readonly name: string;
  /** The file that it comes from. */
  readonly from: string;
  readonly environment: string | undefined;
  readonly start: string;
  readonly reload: string;
}

/** Columns; longer lines have their comment above. */
const WIDEST = 80;

const ORDER = [
  'app',
  'appArgs',
  'cwd',
  'bind',
  'workers',
  'env',
  'envFile',
  'nodeOptions',
  'user',
  'group',
  'statusPath',
  'waitReady',
  'bootTimeout',
  'grace',
  'maxMemory',
  'outputFile',
  'pidFile',
  'watchPath',
  'watchIgnore',
  'hooks',
];

export function configText(head: Head, draft: Draft): string {
  const environment = head.environment === undefined ? '' : `, environment "${head.environment}"`;
  const lines = [...draft.lines].sort((a, b) => placeOf(a) - placeOf(b)).flatMap(textOfLine);
  return [
    ...[
      `App "${head.name}" of ${head.from}${environment}. Made by tshorn import.`,
      `Start:  ${head.start}`,
      `Reload: ${head.reload}`,
    ].map((line) => `// ${oneLine(line)}`),
    ...draft.imports,
    '',
    "/** @type {import('tshorn').UserConfig} */",
    'export default {',
    ...lines.map((line) => (line === '' ? '' : `  ${line}`)),
    '};',
    '',
  ].join('\n');
}

const placeOf = ({ option, code }: Line) => ORDER.indexOf(option ?? code);

/** A name or a value of the file may hold anything. */
const oneLine = (comment: string) => comment.replace(/[\p{Cc}\u2028\u2029]+/gu, ' ');

function textOfLine({ option, code, comment: given }: Line): string[] {
  const comment = oneLine(given);
  if (option === undefined) return [`// ${code}: ${comment}`];
  const text = `${option}: ${code},`;
  const isOneLine = !text.includes('\n') && text.length + comment.length + 6 <= WIDEST;
  return isOneLine ? [`${text} // ${comment}`] : [`// ${comment}`, ...text.split('\n')];
}
