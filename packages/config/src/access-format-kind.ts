/** The kind of option that holds the format of the access log. */
import { ACCESS_TEMPLATES, parseAccessFormat, TshornError } from '@tshorn/core';
import { type Kind, WrongValue } from './kinds.ts';

const NAMES = ['json', ...Object.keys(ACCESS_TEMPLATES)];

/** The name of a format, or a template. */
export const accessFormat: Kind<string> = {
  meta: 'json|common|combined|TEMPLATE',
  input: "'json' | 'common' | 'combined' | (string & {})",
  expected: 'json, common, combined, or a template such as \'%(h)s "%(r)s" %(s)s\'',
  parse(input) {
    if (typeof input !== 'string') throw new WrongValue();
    if (NAMES.includes(input)) return input;
    // Without an atom every line would be the same.
    if (!input.includes('%(')) throw new WrongValue();
    const strange = /[^\t\x20-\x7e]/u.exec(input)?.[0];
    if (strange !== undefined) {
      throw new TshornError(
        'ERR_OPTION',
        `the format has ${JSON.stringify(strange)}; expected printable ASCII and tabs on one line, whose end is added`,
      );
    }
    parseAccessFormat(input);
    return input;
  },
  format: String,
  schema: { type: 'string', minLength: 1 },
};
