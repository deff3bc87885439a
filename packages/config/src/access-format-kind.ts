/** The kind of option that holds the format of the access log. */
import { ACCESS_TEMPLATES, parseAccessFormat } from '@tshorn/core';
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
    parseAccessFormat(input);
    return input;
  },
  format: String,
  schema: { type: 'string', minLength: 1 },
};
