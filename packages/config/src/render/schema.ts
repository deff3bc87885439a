/** The JSON schema of a config file: completion and checks in an editor. */
import type { Kind } from '../kinds.ts';
import { EVERY_OPTION } from '../options.ts';
import { describeDefault } from './describe.ts';

const schemaOf = ({ schema, none }: Kind<unknown>) =>
  none ? { anyOf: [schema, { enum: [false, null] }] } : schema;

export function configSchema(): Record<string, unknown> {
  const properties = EVERY_OPTION.filter(({ row }) => row.kind.schema !== undefined).map((option) => {
    const fallback = describeDefault(option);
    const description = [
      `${option.row.summary}.`,
      option.row.details,
      fallback === undefined ? undefined : `Default: ${fallback}.`,
    ];
    return [option.key, { description: description.filter(Boolean).join(' '), ...schemaOf(option.row.kind) }];
  });
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: 'tshorn configuration',
    type: 'object',
    properties: { $schema: { type: 'string' }, ...Object.fromEntries(properties) },
    additionalProperties: false,
  };
}
