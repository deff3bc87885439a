/**
 * Before the drain of a whole stop, and after `tshorn leave`, the app's status path answers 503 over the network, so that
 * a load balancer takes this server out. All other requests reach the app as before. Loaded only where that is asked for.
 */
import type http from 'node:http';
import { isInProcess } from './transport/in-process.ts';
import { markOwnAnswer } from './transport/own-answer.ts';
import type { Transport } from './transport/transport.ts';

/**
 * A status path with a query is one of many requests of its path, such as those of GraphQL: then the query has to be
 * the same. A status path without one is refused with any query.
 */
function isStatus(url: string, statusPath: string): boolean {
  if (!statusPath.includes('?')) return url.split('?', 1)[0] === statusPath;
  return url === statusPath || url.startsWith(`${statusPath}&`);
}

/** Returns the function that ends it. */
export function refuseStatus(transport: Pick<Transport, 'intercept'>, statusPath: string): () => void {
  if (statusPath === '') return () => {};
  return transport.intercept(({ url, socket }, response) => {
    if (!isStatus(url ?? '', statusPath) || isInProcess(socket)) return false;
    refuse(response);
    return true;
  });
}

function refuse(response: http.ServerResponse): void {
  markOwnAnswer(response);
  const headers = {
    'content-type': 'text/plain; charset=utf-8',
    'cache-control': 'no-store',
    connection: 'close',
  };
  response.writeHead(503, headers).end('leaving\n');
}
