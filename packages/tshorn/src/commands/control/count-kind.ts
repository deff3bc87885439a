import { type Kind, WrongValue } from '@tshorn/config';
import { TshornError } from '@tshorn/core';

/** A number of workers, or a difference to the present number. */
export type Count = { readonly to: number } | { readonly delta: number };

export const count: Kind<Count> = {
  meta: 'N|+N|-N',
  input: 'string',
  expected: 'a number of workers such as 4, or +1, or -1',
  parse(input) {
    const [, sign, digits] = /^([+-]?)(\d{1,6})$/.exec(String(input)) ?? [];
    const number = Number(digits);
    if (sign === '' && number === 0) {
      throw new TshornError('ERR_OPTION', 'N: got "0"; a server has at least one worker', {
        fix: 'to end the server: tshorn stop',
      });
    }
    if (!digits || number === 0) throw new WrongValue();
    return sign === '' ? { to: number } : { delta: Number(input) };
  },
  format: (value) =>
    'to' in value ? String(value.to) : value.delta > 0 ? `+${value.delta}` : `${value.delta}`,
  schema: { type: 'string' },
};
