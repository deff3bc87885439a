/** Says whether only this machine can reach an address, and by which names. */
import net from 'node:net';
import type { Address } from '@tshorn/core';

const LOOPBACK = new net.BlockList();
LOOPBACK.addSubnet('127.0.0.0', 8, 'ipv4');
LOOPBACK.addAddress('::1', 'ipv6');
LOOPBACK.addSubnet('::ffff:127.0.0.0', 104, 'ipv6');

/** True for a unix socket, too. @param address as the kernel has it: no host name */
export function isLoopback(address: Address): boolean {
  if (address.kind === 'unix') return true;
  return LOOPBACK.check(address.host, address.host.includes(':') ? 'ipv6' : 'ipv4');
}

/**
 * True for a name by which a browser asks this machine and no other. Any other name may be one that a web page has made
 * point here, so as to read the answers as its own (DNS rebinding). Nobody can do that to an IP address, or to `localhost`
 * (RFC 6761, 6.3).
 * @param header `host`: a name or an address, with or without a port; absent in HTTP/1.0, which no browser speaks
 */
export function isOwnName(header: string | undefined): boolean {
  const [, inBrackets, plain = ''] = /^(?:\[(.*)\]|([^:]*))(?::\d*)?$/.exec(header ?? 'localhost') ?? [];
  const name = (inBrackets ?? plain).toLowerCase();
  return net.isIP(name) !== 0 || name === 'localhost' || name.endsWith('.localhost');
}
