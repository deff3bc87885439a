/**
 * What travels with a TLS connection to its next worker: the secrets and numbers of both directions, and what the app may
 * ask a TLSSocket for. It passes through the master as a text that nobody reads or logs (`carry` of the protocol).
 */

export interface Direction {
  /** The traffic secret, as base64. */
  readonly secret: string;
  /** The number of the next record. */
  readonly sequence: number;
}

export interface TlsFacts {
  /** The standard name of the cipher suite, and OpenSSL's. */
  readonly suite: string;
  readonly cipher: string;
  readonly alpn: string | false | null;
  readonly servername: string | false | null;
  readonly isResumed: boolean;
  readonly authorized: boolean;
  readonly authorizationError?: string;
  /** The client's certificates, its own first, as base64 of DER. */
  readonly certificates?: readonly string[];
}

export interface TlsCarry extends TlsFacts {
  readonly read: Direction;
  readonly write: Direction;
}

/** The protocol has room for no more; see `carry` in core. */
export const LONGEST_CARRY = 8_192;
