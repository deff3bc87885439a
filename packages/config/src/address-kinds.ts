/** The kinds of option that hold addresses: those that the workers serve on, and those that the master answers on. */
import { type Address, type BindAddress, formatAddress, parseAddress } from '@tshorn/core';
import { type Kind, NONE, WrongValue } from './kinds.ts';

/** @param option its name in an error */
function parseAll(input: unknown, option: string): BindAddress[] {
  const items: unknown[] = Array.isArray(input) ? input : [input];
  return items.map((item) => {
    if (typeof item !== 'string' && typeof item !== 'number') throw new WrongValue();
    return parseAddress(String(item).trim(), option);
  });
}

export const addresses: Kind<readonly BindAddress[]> = {
  meta: 'ADDRESS',
  input: 'string | readonly string[]',
  expected: 'an address such as 127.0.0.1:8000, :8000, [::1]:8000 or unix:PATH',
  parse(input) {
    const all = parseAll(input, 'bind');
    if (all.length === 0) throw new WrongValue();
    return all;
  },
  format: (value) => value.map(formatAddress).join(', '),
  schema: {
    oneOf: [{ type: 'string' }, { type: 'array', items: { type: 'string' }, minItems: 1 }],
  },
  list: true,
};

/**
 * Addresses that the master itself answers on; none are a value.
 * @param option its name in an error
 */
export const ownAddresses = (option: string): Kind<readonly Address[]> => ({
  ...addresses,
  expected: 'an address such as 127.0.0.1:9464, :9464, [::1]:9464 or unix:PATH',
  parse: (input) =>
    parseAll(
      Array.isArray(input) ? input.filter((item) => item !== '') : input === '' ? [] : input,
      option,
    ).map((address) => {
      if (address.kind === 'systemd') throw new WrongValue();
      return address;
    }),
  format: (value) => (value.length === 0 ? NONE : addresses.format(value)),
  schema: { anyOf: [{ type: 'string' }, { type: 'array', items: { type: 'string' } }] },
  none: true,
});
