/** The address of the client of a request: that of its connection, or what a proxy that is trusted says. */
import type http from 'node:http';
import { BlockList, isIP, type Socket } from 'node:net';
import { endpointsOf } from '../proxy-protocol/endpoints.ts';
import { hopsOfForwarded, hopsOfForwardedFor } from './forwarded.ts';

/** Stands for the client of a unix socket, which has no address. */
export const UNIX = 'unix';

const KINDS: Readonly<Record<string, readonly string[]>> = {
  loopback: ['127.0.0.0/8', '::1/128'],
  private: ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', 'fc00::/7'],
};

/** `::ffff:192.0.2.7`, as a socket that listens on both families has it, is `192.0.2.7`. */
export const plainAddress = (address: string): string =>
  address.startsWith('::ffff:') && address.includes('.') ? address.slice('::ffff:'.length) : address;

/** Stands for a client that was gone before anybody asked for its address. */
export const UNKNOWN = 'unknown';

/**
 * The address of the client of a connection as its socket has it, or `unix`. A TCP connection that is reset at once has no
 * address either, nor has a stream that the app has made a connection of, and they are no clients of a unix socket: that
 * word may be trusted.
 */
export function peerOf(socket: Socket): string {
  const { remoteAddress, localAddress, destroyed } = socket;
  if (remoteAddress !== undefined) return plainAddress(remoteAddress);
  if (endpointsOf(socket)) return UNIX;
  return 'localAddress' in socket && localAddress === undefined && !destroyed ? UNIX : UNKNOWN;
}

export class Proxies {
  readonly #list = new BlockList();
  readonly #trustsUnix: boolean;
  readonly #isEmpty: boolean;

  /** @param proxies as `--trusted-proxies` has them */
  constructor(proxies: readonly string[]) {
    this.#isEmpty = proxies.length === 0;
    this.#trustsUnix = proxies.includes(UNIX);
    for (const network of proxies.flatMap((proxy) => KINDS[proxy] ?? [proxy])) {
      const [address = '', bits] = network.split('/');
      const family = isIP(address) === 6 ? 'ipv6' : 'ipv4';
      if (isIP(address) === 0) continue;
      this.#list.addSubnet(address, Number(bits ?? (family === 'ipv6' ? 128 : 32)), family);
    }
  }

  /** @param address as `plainAddress` makes it */
  trusts(address: string): boolean {
    if (this.#isEmpty) return false;
    if (address === UNIX) return this.#trustsUnix;
    const family = isIP(address);
    return family !== 0 && this.#list.check(address, family === 6 ? 'ipv6' : 'ipv4');
  }

  /**
   * The client of a request whose connection comes from a trusted proxy: the first address on the way back that is none
   * of a trusted proxy. `X-Forwarded-For` counts before `Forwarded`, which few proxies write, and few take away.
   */
  clientOf(peer: string, headers: http.IncomingHttpHeaders): string {
    const { 'x-forwarded-for': forwardedFor, forwarded } = headers;
    const hops =
      typeof forwardedFor === 'string'
        ? hopsOfForwardedFor(forwardedFor)
        : typeof forwarded === 'string'
          ? hopsOfForwarded(forwarded)
          : [];
    let client = peer;
    for (const hop of hops) {
      if (hop === undefined) break;
      client = plainAddress(hop);
      if (!this.trusts(client)) break;
    }
    return client;
  }
}
