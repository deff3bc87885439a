/** Says whether only this machine can reach an address. */
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
