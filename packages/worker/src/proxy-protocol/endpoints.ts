/**
 * Puts the addresses of a client on the socket of its proxy's connection: `remoteAddress` and the like are getters, which
 * read what net.Socket keeps of the kernel's answer in `_peername` and `_sockname` (lib/net.js; the same in Node 20, 22,
 * 24 and 26, and documented in none). TLSSocket has the same getters, and asks its own handle: it is told apart from the
 * socket below it. Where a getter does not answer with what was put there, the socket gets properties of its own.
 */
import type { Socket } from 'node:net';
import { count, Misfit, name, optional, row } from '@tshorn/core';
import type { Endpoints } from './reading.ts';

interface Named {
  _peername?: object;
  _sockname?: object;
}

const told = new WeakMap<Socket, Endpoints>();

const familyOf = (address: string | undefined): string | undefined =>
  address === undefined ? undefined : address.includes(':') ? 'IPv6' : 'IPv4';

/** The name of an end as the kernel would tell it; a unix socket's client has none. */
const nameOf = (address: string | undefined, port: number | undefined): object =>
  address === undefined ? {} : { address, family: familyOf(address), port };

/** From here on the socket answers with these addresses, and `endpointsOf` tells them. */
export function setEndpoints(socket: Socket, endpoints: Endpoints): void {
  const { remoteAddress, remotePort, localAddress, localPort } = endpoints;
  told.set(socket, endpoints);
  Object.assign(socket as Named, {
    _peername: nameOf(remoteAddress, remotePort),
    _sockname: nameOf(localAddress, localPort),
  });
  const remoteFamily = familyOf(remoteAddress);
  const localFamily = familyOf(localAddress);
  const wanted = { remoteAddress, remotePort, remoteFamily, localAddress, localPort, localFamily };
  for (const [name, value] of Object.entries(wanted)) {
    if (Reflect.get(socket, name) === value) continue;
    Object.defineProperty(socket, name, { value, configurable: true, enumerable: true });
  }
}

/** The addresses that a proxy has told of this socket; undefined where its own hold. */
export const endpointsOf = (socket: Socket): Endpoints | undefined => told.get(socket);

/** The longest text of an IPv6 address is that of one with an IPv4 address in it. */
const LONGEST = 45;
const address = (value: unknown): string => {
  const text = name(LONGEST)(value);
  if (!/^[0-9a-f:.]+$/.test(text)) throw new Misfit('an IP address');
  return text;
};
const port = count(65_535);
const ENDPOINTS = row({
  remoteAddress: optional(address),
  remotePort: optional(port),
  localAddress: optional(address),
  localPort: optional(port),
});

/** The addresses come from another worker. A connection that comes with anything else has no client that could be told. */
export function restoreEndpoints(socket: Socket, value: unknown): void {
  try {
    setEndpoints(socket, ENDPOINTS(value));
  } catch (error) {
    if (!(error instanceof Misfit)) throw error;
    socket.destroy();
  }
}
