/** A request in flight as it is logged: never its query string or its headers, which may hold secrets. */
import { bool, type Field, Misfit, ms, opaque, optional, row } from './protocol/fields.ts';
import { formatMs } from './units.ts';

const LONGEST_PATH = 200;
/** More than anybody reads. */
const MOST_REQUESTS = 20;

/** The path of a request target, fit for a log: no authority, no query, no control characters. */
export function pathOf(target: string): string {
  const path = target.replace(/^[a-z][a-z0-9+.-]*:\/\/[^/?#]*/i, '').replace(/[?#].*$/s, '');
  const plain = path.replace(/[^\x21-\x7e]/g, '?');
  return plain.length > LONGEST_PATH ? `${plain.slice(0, LONGEST_PATH)}...` : plain || '/';
}

const REQUEST_ID = /^[\w.-]{1,64}$/;

/** True for an id that is fit for a log: letters, digits, `.`, `_` and `-`, 64 at the most. */
export const isRequestId = (text: string): boolean => REQUEST_ID.test(text);

const text = opaque(64 * 1024);

const readOpenRequest = row({
  method: (value) =>
    text(value)
      .replace(/[^A-Z-]/gi, '')
      .slice(0, 20),
  /** Without the query. */
  path: (value) => pathOf(text(value)),
  /** By which its lines in all logs are found. */
  id: optional((value) => {
    if (!isRequestId(text(value))) throw new Misfit('an id');
    return text(value);
  }),
  /** Milliseconds since its headers had been read. */
  ageMs: (value) => Math.round(ms(value)),
  /** The headers of its response are on their way. */
  answering: bool,
});

export type OpenRequest = ReturnType<typeof readOpenRequest>;

export const openRequest: Field<OpenRequest> = readOpenRequest;

/** The requests in a list that did not come as a message; what is none is left out. */
export function readOpenRequests(value: unknown): OpenRequest[] {
  if (!Array.isArray(value)) return [];
  return value.slice(0, MOST_REQUESTS).flatMap((item) => {
    try {
      return [openRequest(item)];
    } catch {
      return [];
    }
  });
}

/** `GET /search`, or `GET /search (id=9f3c-1)` */
export const nameOf = ({ method, path, id }: Pick<OpenRequest, 'method' | 'path' | 'id'>): string =>
  `${method} ${path}${id === undefined ? '' : ` (id=${id})`}`;

/** `GET /search (30.1s, id=9f3c-1)` */
export const describeRequest = ({ method, path, id, ageMs, answering }: OpenRequest): string =>
  `${method} ${path} (${formatMs(ageMs)}${answering ? ', answering' : ''}${id === undefined ? '' : `, id=${id}`})`;
