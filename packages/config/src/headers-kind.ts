/** The kind of option that holds headers of a request. */
import { TshornError } from '@tshorn/core';
import { type Kind, NONE } from './kinds.ts';

/** A header of a request. A type and no interface: a boot order carries it as plain JSON. */
export type Header = { readonly name: string; readonly value: string };

/** RFC 9110, 5.6.2 and 5.5. */
const NAME = /^[\w!#$%&'*+.^`|~-]+$/;
const VALUE = /^[\t\x20-\x7e\x80-\xff]*$/;
/** They belong to the connection and the body of the request, which are not the user's to choose. */
const OF_CONNECTION = /^(connection|content-length|expect|keep-alive|te|trailer|transfer-encoding|upgrade)$/i;

const EXPECTED = 'a header such as "Accept: application/json"';

/** Headers of a request, as text: `Name: value`. A value may have commas, so each header is a text of its own. */
export const headers: Kind<readonly Header[]> = {
  meta: 'HEADER',
  input: 'string | readonly string[]',
  expected: EXPECTED,
  parse(input) {
    const items: unknown[] = Array.isArray(input) ? input : [input];
    return items.filter((item) => item !== '').map(headerOf);
  },
  // A value may be a secret, and a configuration is printed and logged.
  format: (value) => (value.length === 0 ? NONE : value.map(({ name }) => `${name}: ...`).join(', ')),
  schema: {
    anyOf: [{ type: 'string' }, { type: 'array', items: { type: 'string', pattern: '^[^:\\s]+:' } }],
  },
  list: true,
  separator: '\n',
  none: true,
};

/** An error never shows the value of a header, which may be a secret. */
function headerOf(item: unknown): Header {
  if (typeof item !== 'string') throw wrong(`got ${typeof item}; expected ${EXPECTED}, as text`);
  const [, name = '', value] = /^([^:]*):(.*)$/s.exec(item) ?? [];
  if (value === undefined)
    throw wrong(`got ${JSON.stringify(item)}, which has no colon; expected ${EXPECTED}`);
  if (!NAME.test(name.trim()))
    throw wrong(`${JSON.stringify(name)} is no name of a header; expected ${EXPECTED}`);
  if (!VALUE.test(value.trim()))
    throw wrong(`the value of "${name.trim()}" has characters that no header may have`);
  if (OF_CONNECTION.test(name.trim()))
    throw wrong(`"${name.trim()}" cannot be set: it belongs to the connection`);
  return { name: name.trim(), value: value.trim() };
}

const wrong = (message: string) => new TshornError('ERR_OPTION', message);
