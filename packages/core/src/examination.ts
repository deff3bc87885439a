/** The answers of a worker that is booted for `tshorn doctor`: worker/src/examine.ts asks its app and its server. */
import { bool, count, line, list, literal, ms, type Row, row } from './protocol/fields.ts';

/** Why no connection of a server can move to another worker; empty when they can. */
export const immovable = literal('', 'tls', 'http2', 'connection-listener', 'unknown-node');

const MOST_ANSWERS = 8;

/** One GET on a connection that the client would keep. */
const ANSWER = {
  path: line(256),
  status: count(999),
  /** The response says `Connection: close`. */
  closes: bool,
};

export const EXAMINATION = {
  /** The server's own, in milliseconds, with the options of tshorn applied; 0: no limit. */
  keepAliveTimeout: ms,
  headersTimeout: ms,
  requestTimeout: ms,
  /** Requests after which the server closes a connection; 0: never. */
  maxRequestsPerSocket: count(),
  immovable,
  /** The questions that were answered in time. */
  answers: list(row(ANSWER), MOST_ANSWERS),
  /** The status path is answered as a path that no app has: it is no route of its own. */
  statusIsAnyPath: bool,
};

export type Examination = Row<typeof EXAMINATION>;
