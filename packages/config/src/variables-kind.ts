/** The kind of option that holds variables of the environment. */
import { TshornError } from '@tshorn/core';
import { type Kind, NONE } from './kinds.ts';

/** Variables by name; a type and no interface, as a process is given it. */
export type Variables = { readonly [name: string]: string };

/** An object of variables. Numbers and booleans become text, as they do in a shell; anything else is a mistake. */
export const variables: Kind<Variables> = {
  meta: 'OBJECT',
  input: 'Readonly<Record<string, string | number | boolean | undefined>>',
  expected: 'an object of variables, such as { NODE_ENV: "production" }',
  parse(input) {
    if (typeof input !== 'object' || input === null || Array.isArray(input)) {
      throw wrong(`env: got ${kindOf(input)}; expected ${variables.expected}`);
    }
    return Object.fromEntries(
      Object.entries(input)
        .filter(([, value]) => value !== undefined)
        .map(([name, value]) => [checkedName(name), textOf(name, value)]),
    );
  },
  // A value may be a secret, and a configuration is printed and logged.
  format: (value) => Object.keys(value).join(', ') || NONE,
  schema: { type: 'object', additionalProperties: { type: ['string', 'number', 'boolean'] } },
};

/** execve(2) takes `NAME=value`, ended by a zero. */
function checkedName(name: string): string {
  if (/^[^=\0]+$/.test(name)) return name;
  throw wrong(`${JSON.stringify(name)} is no name of a variable: expected a name without "=" and NUL`);
}

/** An error never shows the value, which may be a secret. */
function textOf(name: string, value: unknown): string {
  if (!['string', 'number', 'boolean'].includes(typeof value)) {
    throw wrong(`env.${name}: got ${kindOf(value)}; expected a text, a number or a boolean`);
  }
  const text = String(value);
  if (text.includes('\0')) throw wrong(`env.${name}: the value has a NUL character, and a variable is text`);
  return text;
}

const kindOf = (value: unknown): string =>
  value === null ? 'null' : Array.isArray(value) ? 'a list' : `a value of type ${typeof value}`;

const wrong = (message: string) => new TshornError('ERR_OPTION', message);
