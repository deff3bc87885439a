/** The source of user-config.ts: what people write, with the words of the rows as comments. */
import { EVERY_OPTION } from '../options.ts';
import { describeDefault } from './describe.ts';

const HEAD = `// Generated from the option table in packages/config/src/sections by \`npm run docs\`; do not edit.
import type { Hooks } from './hooks.ts';

/** A number of seconds, or text such as \`500ms\`, \`30s\`, \`2m\`, \`1h\`. */
export type Duration = number | string;

/** The configuration that a config file exports and that \`start()\` takes. Every option may be left out. */
export interface UserConfig {
  /** An editor's schema for a JSON file; not read. */
  $schema?: string;`;

export function userConfigSource(): string {
  const options = EVERY_OPTION.map((option) => {
    const { key, row } = option;
    const fallback = describeDefault(option);
    const words = `${row.summary}.${fallback === undefined ? '' : ` Default: ${fallback}.`}`;
    const { input, none } = row.kind;
    const type = none && !input.startsWith('boolean') ? `${input} | false` : input;
    return `  /** ${words} */\n  ${key}?: ${type};`;
  });
  return `${[HEAD, ...options].join('\n')}\n}\n`;
}
