/**
 * Version 2 of the PROXY protocol: a binary header
 * (https://www.haproxy.org/download/2.9/doc/proxy-protocol.txt, section 2.2).
 */
import { crc32c } from './crc32c.ts';
import { groupsOfBytes, ipv6Text } from './ip-address.ts';
import { type Endpoints, INCOMPLETE, type Reading, refused } from './reading.ts';

export const SIGNATURE_2 = Buffer.from('\r\n\r\n\0\r\nQUIT\n', 'latin1');
/** The signature, version and command, family and transport, and the length of what follows. */
const FIXED = 16;
/** Far more than the vectors of any proxy need; the length field allows 64 KiB. */
const LONGEST = 4_096;

const LOCAL = 0;
const PROXY = 1;
const STREAM = 1;
const HIGHEST_TRANSPORT = 2;
const TYPE_CRC32C = 3;
const CRC32C_BYTES = 4;
/** Type and length of a vector. */
const VECTOR_HEAD = 3;

/** Bytes of both addresses with their ports, by family: none told, IPv4, IPv6, unix. */
const ADDRESS_BYTES = [0, 12, 36, 216];

const ipv4Text = (bytes: Buffer): string => bytes.join('.');
const ipv6TextOf = (bytes: Buffer): string => ipv6Text(groupsOfBytes(bytes));

function endpointsOf(family: number, block: Buffer): Endpoints {
  // A client of a unix socket: paths are no addresses to Node either.
  if (family === 3) return {};
  const [bytes, text] = family === 1 ? [4, ipv4Text] : [16, ipv6TextOf];
  return {
    remoteAddress: text(block.subarray(0, bytes)),
    localAddress: text(block.subarray(bytes, 2 * bytes)),
    remotePort: block.readUInt16BE(2 * bytes),
    localPort: block.readUInt16BE(2 * bytes + 2),
  };
}

/** @returns what is wrong with the vectors behind the addresses; undefined when nothing is */
function vectorsProblem(header: Buffer, start: number): string | undefined {
  let at = start;
  while (at < header.length) {
    if (at + VECTOR_HEAD > header.length) return 'a vector (TLV) of it is cut';
    const begin = at + VECTOR_HEAD;
    const length = header.readUInt16BE(at + 1);
    if (begin + length > header.length) return 'a vector (TLV) of it is longer than the header';
    if (header[at] === TYPE_CRC32C && !isChecksum(header, begin, length)) return 'its checksum is wrong';
    at = begin + length;
  }
  return undefined;
}

function isChecksum(header: Buffer, at: number, length: number): boolean {
  if (length !== CRC32C_BYTES) return false;
  const zeroed = Buffer.from(header);
  zeroed.fill(0, at, at + CRC32C_BYTES);
  return crc32c(zeroed) === header.readUInt32BE(at);
}

/** @param bytes begin with the signature */
export function readVersion2(bytes: Buffer): Reading {
  if (bytes.length < FIXED) return INCOMPLETE;
  const [versionAndCommand = 0, familyAndTransport = 0] = bytes.subarray(SIGNATURE_2.length);
  const length = FIXED + bytes.readUInt16BE(FIXED - 2);
  const command = versionAndCommand & 15;
  if (versionAndCommand >> 4 !== 2) return refused('its version is not 2');
  if (command !== LOCAL && command !== PROXY) return refused('its command is neither LOCAL nor PROXY');
  if (length > LONGEST) return refused(`it is longer than ${LONGEST} bytes`);
  const header = bytes.subarray(0, length);
  // The proxy's own, such as a health check. Whatever follows is to be ignored.
  if (command === LOCAL)
    return header.length < length ? INCOMPLETE : { is: 'header', length, endpoints: undefined };
  const family = familyAndTransport >> 4;
  const transport = familyAndTransport & 15;
  const { [family]: addressBytes } = ADDRESS_BYTES;
  if (addressBytes === undefined || transport > HIGHEST_TRANSPORT) {
    return refused('its family or transport is unknown');
  }
  // UNSPEC: an address block of any length may stand there, and is to be ignored (section 2.2).
  if (family === 0)
    return header.length < length ? INCOMPLETE : { is: 'header', length, endpoints: undefined };
  if (length < FIXED + addressBytes) return refused('it is too short for its addresses');
  if (header.length < length) return INCOMPLETE;
  const problem = vectorsProblem(header, FIXED + addressBytes);
  if (problem !== undefined) return refused(problem);
  // An address of a datagram, or of an unspecified transport, is none of this connection's client.
  const endpoints =
    transport === STREAM ? endpointsOf(family, header.subarray(FIXED, FIXED + addressBytes)) : undefined;
  return { is: 'header', length, endpoints };
}
