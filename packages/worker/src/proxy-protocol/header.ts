/**
 * Reads a header of the PROXY protocol from the first bytes of a connection. Pure: it may be called again with more
 * bytes as often as they come, and costs no more for bytes behind the header.
 */
import { INCOMPLETE, type Reading, refused } from './reading.ts';
import { readVersion1, SIGNATURE_1 } from './version1.ts';
import { readVersion2, SIGNATURE_2 } from './version2.ts';

/** The versions that are accepted: `auto` accepts both. */
export type Version = 'v1' | 'v2' | 'auto';

const VERSIONS = [
  { version: 'v1', signature: SIGNATURE_1, read: readVersion1 },
  { version: 'v2', signature: SIGNATURE_2, read: readVersion2 },
] as const;

/**
 * @param bytes all that have come since the connection began
 * @returns `refused` as soon as no further bytes can make a header of these
 */
export function readHeader(bytes: Buffer, accepted: Version): Reading {
  for (const { version, signature, read } of VERSIONS) {
    const { length } = signature;
    const compared = Math.min(length, bytes.length);
    if (bytes.compare(signature, 0, compared, 0, compared) !== 0) continue;
    if (accepted === 'auto' || accepted === version) return bytes.length < length ? INCOMPLETE : read(bytes);
    if (bytes.length >= length) {
      return refused(`it is of version ${version.slice(1)}, and --proxy-protocol accepts ${accepted}`);
    }
  }
  return refused('the connection does not begin with one');
}
