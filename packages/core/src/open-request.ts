/** A request in flight as it is logged: never its query string or its headers, which may hold secrets. */
import { formatMs } from './units.ts';

export interface OpenRequest {
  readonly method: string;
  /** Without the query. */
  readonly path: string;
  /** Milliseconds since its headers had been read. */
  readonly ageMs: number;
  /** The headers of its response have been sent. */
  readonly answering: boolean;
}

const LONGEST_PATH = 200;
/** More than anybody reads. */
const MOST_REQUESTS = 20;

/** The path of a request target, fit for a log: no authority, no query, nothing that a terminal obeys. */
export function pathOf(target: string): string {
  const path = target.replace(/^[a-z][a-z0-9+.-]*:\/\/[^/?#]*/i, '').replace(/[?#].*$/s, '');
  const plain = path.replace(/[^\x21-\x7e]/g, '?');
  return plain.length > LONGEST_PATH ? `${plain.slice(0, LONGEST_PATH)}...` : plain || '/';
}

/** The valid requests in `value`: the app shares the worker's process and may have sent anything. */
export function readOpenRequests(value: unknown): OpenRequest[] {
  if (!Array.isArray(value)) return [];
  return value.slice(0, MOST_REQUESTS).flatMap((item: Partial<OpenRequest> | null) => {
    if (typeof item?.method !== 'string' || typeof item.path !== 'string') return [];
    if (typeof item.ageMs !== 'number' || !Number.isFinite(item.ageMs)) return [];
    const method = item.method.replace(/[^A-Z-]/gi, '').slice(0, 20);
    return [
      { method, path: pathOf(item.path), ageMs: Math.round(item.ageMs), answering: item.answering === true },
    ];
  });
}

/** `GET /search (30.1s)` */
export const describeRequest = ({ method, path, ageMs, answering }: OpenRequest): string =>
  `${method} ${path} (${formatMs(ageMs)}${answering ? ', answering' : ''})`;
