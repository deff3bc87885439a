/** The outcome of reading a header of the PROXY protocol from the first bytes of a connection. */

/**
 * Both ends of a client's connection to a proxy, by the names of Node's `net.Socket`. A client of a unix socket has no
 * address, and so none of the fields.
 */
export interface Endpoints {
  readonly remoteAddress?: string;
  readonly remotePort?: number;
  readonly localAddress?: string;
  readonly localPort?: number;
}

export interface Header {
  readonly is: 'header';
  /** Bytes of the header: what follows belongs to TLS or HTTP. */
  readonly length: number;
  /** Undefined where the header tells none: the addresses of the connection itself hold. */
  readonly endpoints: Endpoints | undefined;
}

export type Reading =
  | { readonly is: 'incomplete' }
  | Header
  /** The reason is fit for a log line: it quotes nothing of what has come. */
  | { readonly is: 'refused'; readonly reason: string };

export const INCOMPLETE: Reading = { is: 'incomplete' };

export const refused = (reason: string): Reading => ({ is: 'refused', reason });
