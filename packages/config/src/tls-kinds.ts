/** The kind of option that holds a version of TLS. */
import { type Kind, WrongValue } from './kinds.ts';

/** A version by the name that Node's `minVersion` has for it. */
export type TlsVersion = 'TLSv1.2' | 'TLSv1.3';

const VERSIONS = ['1.2', '1.3'];

export const tlsVersion: Kind<TlsVersion> = {
  meta: VERSIONS.join('|'),
  input: "number | '1.2' | '1.3'",
  expected: `one of ${VERSIONS.join(', ')}`,
  parse(input) {
    const version = String(input).replace(/^TLSv/i, '');
    if (!VERSIONS.includes(version)) throw new WrongValue();
    return `TLSv${version}` as TlsVersion;
  },
  format: (value) => value.replace('TLSv', ''),
  schema: { enum: [1.2, 1.3, ...VERSIONS] },
  choices: VERSIONS,
};
