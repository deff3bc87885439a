/** What travels with the descriptor of a connection to its next worker, as one text (`carry` of the protocol): nobody reads or logs it. */

import type { Endpoints } from '../proxy-protocol/reading.ts';
import type { Kind } from './before.ts';

export interface Carried {
  /** The addresses that a proxy has told. */
  readonly client?: Endpoints;
  /** Nothing has come on it: a header or a handshake is to begin it. */
  readonly enter?: Kind;
  /** Secrets and numbers of a TLS connection; see ../tls-move/carry.ts. */
  readonly tls?: object;
}

/** @returns undefined where nothing has to travel */
export const packCarried = (carried: Carried): string | undefined =>
  Object.values(carried).some((part) => part !== undefined) ? JSON.stringify(carried) : undefined;

/** The text comes from tshorn's own code in another process. */
export const unpackCarried = (text: string | undefined): Carried =>
  text === undefined ? {} : (JSON.parse(text) as Carried);
