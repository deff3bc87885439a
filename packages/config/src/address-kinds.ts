/** The kinds of option that hold addresses: those that the workers serve on, and those that the master answers on. */
import {
  type Address,
  type BindAddress,
  formatAddress,
  type Place,
  parseAddress,
  placeOf,
  TshornError,
} from '@tshorn/core';
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

/** The text of `--bind` would name systemd, and the port of the app. */
function parseOwn(input: unknown, option: string, port: number): Address[] {
  const fix = `write HOST:PORT, [IPV6]:PORT or unix:PATH, for instance 127.0.0.1:${port}; :PORT or PORT alone is every address of this machine`;
  try {
    return parseAll(input, option).map((address) => {
      if (address.kind !== 'systemd' && address.scheme !== 'https') return placeOf(address);
      const text = formatAddress(address);
      if (address.scheme === 'https')
        throw new TshornError('ERR_OPTION', `${option}: ${text}: plain HTTP alone is spoken there`);
      throw new TshornError('ERR_OPTION', `${option}: ${text}: the sockets of systemd are for --bind alone`);
    });
  } catch (error) {
    throw error instanceof TshornError ? new TshornError(error.code, error.message, { fix }) : error;
  }
}

/**
 * Addresses that the master itself answers on; none are a value.
 * @param option its name in an error
 * @param port stands in examples
 */
export const ownAddresses = (option: string, port: number): Kind<readonly Address[]> => ({
  ...addresses,
  expected: `an address such as 127.0.0.1:${port}, :${port}, [::1]:${port} or unix:PATH`,
  parse: (input) =>
    parseOwn(
      Array.isArray(input) ? input.filter((item) => item !== '') : input === '' ? [] : input,
      option,
      port,
    ),
  format: (value) => (value.length === 0 ? NONE : addresses.format(value)),
  schema: { anyOf: [{ type: 'string' }, { type: 'array', items: { type: 'string' } }] },
  none: true,
});

/** Where plain HTTP is sent on to https. */
export const redirectAddress: Kind<Place | ''> = {
  meta: 'ADDRESS',
  input: 'number | string',
  expected: "an address such as :80, 127.0.0.1:8080 or unix:PATH, or '' for none",
  parse(input) {
    if (input === '' || input === false || input === null) return '';
    const [address, ...more] = parseOwn(input, 'redirect-http', 80);
    if (address === undefined || more.length > 0) throw new WrongValue();
    return address;
  },
  format: (value) => (value === '' ? NONE : formatAddress(value)),
  schema: { anyOf: [{ type: 'string' }, { type: 'integer', minimum: 0, maximum: 65_535 }] },
  none: true,
};
