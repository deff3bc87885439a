/** The text of docs/options.md. */
import { COMMAND_FLAGS, type Option, SECTIONS } from '../options.ts';
import { describeDefault, describeValue, describeWatchDefault } from './describe.ts';

export function optionsMarkdown(): string {
  const parts = [
    NOTE,
    '# Options',
    INTRODUCTION,
    ...SECTIONS.flatMap(({ title, options }) => [`## ${title}`, ...options.map(entryOf)]),
    '## Command line only',
    COMMAND_TABLE,
  ];
  return `${parts.join('\n\n')}\n`;
}

const NOTE = '<!-- Generated from the option table in packages/config/src/sections; do not edit. -->';

const INTRODUCTION = [
  'A value on the command line wins over the environment, that over the config file, and that over the',
  'default. With `--watch`, some options have a default for development. A duration is a number of seconds, or text such as `500ms`, `30s`, `2m` or `1h`.',
  '',
  'The config file is `tshorn.config.js`, `.mjs`, `.cjs`, `.ts` or `.json`, or what `--config` names. A script',
  'exports an object, a promise of one, or a function that returns one. A reload reads it again; an option',
  "that a reload cannot change keeps its value until a restart. Where `--no-NAME` is a flag, `false`, `null` and `''`",
  'say the same there.',
].join('\n');

function entryOf(option: Option): string {
  const { key, flag, row, env } = option;
  const title = flag ? `--${flag}` : key;
  const facts: [string, string | undefined][] = [
    ['command line', commandLineOf(option)],
    ['environment', env.map(code).join(', ') || undefined],
    ['config file', code(key)],
    ['value', cell(row.kind.expected)],
    ['default', row.default === 'required' ? 'none; it is required' : cell(describeDefault(option) ?? '')],
    ['default with `--watch`', describeWatchDefault(option)],
    ['changed by a reload', row.reloadable ? 'yes' : 'no, by a restart'],
  ];
  const table = facts
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `| ${name} | ${value} |`);
  const text = [row.summary, row.details].filter(Boolean).map((part) => `${part}`.replace(/\.?$/, '.'));
  return [`### \`${title}\``, text.join(' '), ['| | |', '|---|---|', ...table].join('\n')].join('\n\n');
}

function commandLineOf({ key, flag, row }: Option): string | undefined {
  if (flag === undefined) return key === 'app' ? code(row.kind.meta) : undefined;
  const plain = flagsOf({ flag, value: describeValue(row.kind), ...(row.short && { short: row.short }) });
  return [plain, row.kind.list && 'repeatable', row.kind.none && code(`--no-${flag}`)]
    .filter(Boolean)
    .join(', ');
}

const flagsOf = ({ flag, short, value = '' }: { flag: string; short?: string; value?: string }) =>
  [`--${flag}`, ...(short ? [`-${short}`] : [])].map((name) => code(`${name}${value}`)).join(', ');

const cell = (text: string) => text.replaceAll('|', '\\|');
const code = (text: string) => `\`${cell(text)}\``;

const COMMAND_TABLE = [
  '| flag | what it does |',
  '|---|---|',
  ...COMMAND_FLAGS.map(
    (row) => `| ${flagsOf({ ...row, ...('meta' in row && { value: ` ${row.meta}` }) })} | ${row.summary} |`,
  ),
  '| `-- ARG...` | Everything after `--` goes to the app, in its `process.argv` |',
].join('\n');
