/**
 * Settles the request that a crash or a hang has cost: its client is answered, or sees its connection close. The app's own
 * code may have replaced methods of the response (`on-headers`, `compression`, sessions), so Node's are called.
 */
import http from 'node:http';
import type { Culprit } from '@tshorn/core';

const TEXTS = { 500: 'Internal Server Error\n', 503: 'Service Unavailable\n' } as const;

const settled = new WeakSet<http.ServerResponse>();

/** True for the request that a failure has cost: it counts as lost, and not as answered. */
export const isSettled = (response: http.ServerResponse): boolean => settled.has(response);

/** @returns what it has cost */
export function settle(response: http.ServerResponse, status: keyof typeof TEXTS): Culprit['cost'] {
  if (response.writableEnded || response.destroyed) return 'none';
  settled.add(response);
  if (response.headersSent) {
    response.destroy();
    return 'closed';
  }
  const { removeHeader, getHeaderNames, writeHead, end } = http.ServerResponse.prototype;
  for (const name of getHeaderNames.call(response)) removeHeader.call(response, name);
  const text = TEXTS[status];
  writeHead.call(response, status, {
    'content-type': 'text/plain; charset=utf-8',
    'content-length': Buffer.byteLength(text),
    connection: 'close',
  });
  Reflect.apply(end, response, [text]);
  return 'answered';
}
