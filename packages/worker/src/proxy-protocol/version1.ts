/**
 * Version 1 of the PROXY protocol: one line of text, `PROXY TCP4 192.0.2.7 198.51.100.1 56324 443` and CRLF
 * (https://www.haproxy.org/download/2.9/doc/proxy-protocol.txt, section 2.1).
 */
import { decimal, ipv4Bytes, ipv6Groups, ipv6Text } from './ip-address.ts';
import { type Endpoints, INCOMPLETE, type Reading, refused } from './reading.ts';

export const SIGNATURE_1 = Buffer.from('PROXY ', 'latin1');
/** The longest line, its CRLF included: that is the length of `PROXY UNKNOWN` with two full IPv6 addresses. */
const LONGEST = 107;
const CR = 13;
const LF = 10;

const addressOf = (family: string, text: string): string | undefined => {
  if (family === 'TCP4') return ipv4Bytes(text) && text;
  const groups = ipv6Groups(text);
  return groups && ipv6Text(groups);
};

function endpointsOf(fields: readonly string[]): Endpoints | undefined {
  const [family = '', source = '', destination = '', sourcePort = '', destinationPort = ''] = fields;
  const remoteAddress = addressOf(family, source);
  const localAddress = addressOf(family, destination);
  const remotePort = decimal(sourcePort, 65_535);
  const localPort = decimal(destinationPort, 65_535);
  if (remoteAddress === undefined || localAddress === undefined) return undefined;
  if (remotePort === undefined || localPort === undefined) return undefined;
  return { remoteAddress, remotePort, localAddress, localPort };
}

/** @param bytes begin with the signature */
export function readVersion1(bytes: Buffer): Reading {
  const end = bytes.subarray(0, LONGEST).indexOf(LF);
  if (end < 0)
    return bytes.length < LONGEST ? INCOMPLETE : refused(`its line is longer than ${LONGEST} bytes`);
  if (bytes[end - 1] !== CR) return refused('its line does not end in CRLF');
  const length = end + 1;
  const fields = bytes.toString('latin1', SIGNATURE_1.length, end - 1).split(' ');
  // Everything behind UNKNOWN is to be ignored.
  if (fields[0] === 'UNKNOWN') return { is: 'header', length, endpoints: undefined };
  if (fields[0] !== 'TCP4' && fields[0] !== 'TCP6') return refused('its line names no known family');
  const endpoints = fields.length === 5 ? endpointsOf(fields) : undefined;
  return endpoints
    ? { is: 'header', length, endpoints }
    : refused('its line has no valid addresses and ports');
}
