/**
 * Puts the addresses of a client on the socket of its proxy's connection: `remoteAddress` and the like are getters, which
 * read what net.Socket keeps of the kernel's answer in `_peername` and `_sockname` (lib/net.js; the same in Node 20, 22,
 * 24 and 26, and documented in none). TLSSocket has the same getters, and asks its own handle: it is told apart from the
 * socket below it. Where a getter does not answer with what was put there, the socket gets properties of its own.
 */
import type { Socket } from 'node:net';
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
