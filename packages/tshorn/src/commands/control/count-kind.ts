import { type Kind, parseRange, WrongValue, wrongCount } from '@tshorn/config';
import { MOST_WORKERS } from '@tshorn/core';

/** A number of workers, a difference to the present number, or a range in which it follows the load. */
export type Count = { readonly to: number } | { readonly delta: number } | { readonly range: string };

export const count: Kind<Count> = {
  meta: 'N|+N|-N|MIN..MAX|auto',
  input: 'string',
  expected: 'a number of workers such as 4, or +1, or -1, a range such as 2..8, or auto',
  parse(input) {
    const text = String(input);
    const range = parseRange(text);
    if (typeof range === 'number') return { to: range };
    if (range) return { range: text };
    const [, sign, digits] = /^([+-]?)(\d{1,6})$/.exec(text) ?? [];
    const number = Number(digits);
    if (sign === '' && number === 0) {
      throw new WrongValue('a server has at least one worker', 'to end the server: tshorn stop');
    }
    if (!digits || number === 0 || (sign === '' && number > MOST_WORKERS)) throw wrongCount(text);
    return sign === '' ? { to: number } : { delta: Number(input) };
  },
  format: (value) => {
    if ('range' in value) return value.range;
    return 'to' in value ? String(value.to) : value.delta > 0 ? `+${value.delta}` : `${value.delta}`;
  },
  schema: { type: 'string' },
};
