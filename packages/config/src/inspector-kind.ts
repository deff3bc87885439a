/** The kind of `--inspect`: where the inspector of a worker listens. */
import { formatAddress, type InspectorAddress } from '@tshorn/core';
import { type Kind, NONE, WrongValue } from './kinds.ts';

/** The default listens on this machine alone, as with node's own `--inspect`. */
const INSPECTOR = { host: '127.0.0.1', port: 9229 };

/** `--NAME` alone stands for Node's own default address. */
export const inspectorAddress: Kind<InspectorAddress | undefined> = {
  meta: 'ADDRESS',
  input: 'boolean | number | string',
  expected: 'an address such as 127.0.0.1:9229, or a port',
  parse(input) {
    if (input === true || input === 'yes' || input === 'true') return INSPECTOR;
    if (input === false || input === 'no' || input === 'false' || input === '') return undefined;
    const match = /^(?:(?:\[([\da-f:.]+)\]|([^:[\]\s]+)):)?(\d{1,5})$/i.exec(String(input).trim());
    if (!match || Number(match[3]) > 65_535) throw new WrongValue();
    return { host: match[1] ?? match[2] ?? INSPECTOR.host, port: Number(match[3]) };
  },
  format: (value) => (value === undefined ? NONE : formatAddress({ kind: 'tcp', ...value })),
  schema: {
    anyOf: [{ type: 'boolean' }, { type: 'integer', minimum: 0, maximum: 65_535 }, { type: 'string' }],
  },
  none: true,
  alone: { value: 'yes' },
};
