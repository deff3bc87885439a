/** The text of a config file for a project: the values that matter, and the others as comments. Pure. */
import { describeDefault, type Key, optionOf } from '@tshorn/config';
import { literal, memberName } from '../import/draft.ts';
import { wrapComments } from '../wrap-comments.ts';

export interface Chosen {
  readonly app: string;
  readonly args: readonly string[];
  readonly flags: readonly string[];
  readonly variables: Readonly<Record<string, string>>;
  /** Where the server listens when PORT is not set; undefined: the default. */
  readonly bind: string | undefined;
  /** Undefined: none was chosen. */
  readonly statusPath: string | undefined;
  readonly envFiles: readonly string[];
  readonly isTypeScript: boolean;
}

/** An option of the file. */
interface Entry {
  readonly key: Key;
  /** Its value, as code. */
  readonly code: string;
  /** The value is another one than the default. */
  readonly isSet: boolean;
  /** More than the summary of the option. */
  readonly more?: string;
}

export function configFile(chosen: Chosen): string {
  const entries = entriesOf(chosen).map(textOf);
  const [open, close] = chosen.isTypeScript
    ? [["import type { UserConfig } from 'tshorn';", '', 'export default {'], '} satisfies UserConfig;']
    : [["/** @type {import('tshorn').UserConfig} */", 'export default {'], '};'];
  const lines = [
    '// How tshorn serves this app. `tshorn --help` lists all options.',
    '// The command line and the environment (TSHORN_WORKERS=4) win over this file.',
    '',
    ...open,
    entries.join('\n\n'),
    close,
    '',
  ];
  return wrapComments(lines.join('\n'), '//');
}

function entriesOf(chosen: Chosen): Entry[] {
  const { app, args, flags, variables, bind, statusPath, envFiles } = chosen;
  const set = (key: Key, value: unknown, more?: string): Entry => ({
    key,
    code: literal(value),
    isSet: true,
    ...(more !== undefined && { more }),
  });
  const other = (key: Key, value: unknown): Entry => ({ key, code: literal(value), isSet: false });
  const names = Object.entries(variables);
  return [
    set('app', app),
    ...(args.length > 0 ? [set('appArgs', args)] : []),
    bind === undefined
      ? other('bind', ':8000')
      : { key: 'bind', code: `process.env.PORT ? \`:\${process.env.PORT}\` : ${literal(bind)}`, isSet: true },
    other('workers', 4),
    statusPath === undefined
      ? other('statusPath', '/healthz')
      : set('statusPath', statusPath, 'It has to answer 2xx when the app can serve, and 5xx when it cannot.'),
    ...(flags.length > 0 ? [set('nodeOptions', flags.join(' '))] : []),
    ...(names.length > 0
      ? [
          {
            key: 'env' as const,
            code: `{ ${names.map(([name, value]) => `${memberName(name)}: ${literal(value)}`).join(', ')} }`,
            isSet: true,
          },
        ]
      : []),
    envFiles.length > 0 ? set('envFile', envFiles) : other('envFile', ['.env']),
    other('grace', '30s'),
    other('stopDelay', '10s'),
    other('maxMemory', '512MB'),
    other('logFile', 'log/tshorn.log'),
  ];
}

function textOf({ key, code, isSet, more }: Entry): string {
  const { summary } = optionOf(key).row;
  const fallback = describeDefault(optionOf(key) as never);
  const words = `${summary}.${more === undefined ? '' : ` ${more}`}${fallback === undefined || isSet ? '' : ` Default: ${fallback}.`}`;
  return [`// ${words}`, `${isSet ? '' : '// '}${key}: ${code},`].map((line) => `  ${line}`).join('\n');
}
