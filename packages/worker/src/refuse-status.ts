/**
 * Before the drain of a whole stop the app's status path answers 503 over the network, so that a load balancer takes
 * this server out. All other requests reach the app as before. Loaded only where `--stop-delay` is set.
 */
import type http from 'node:http';
import { isInProcess } from './transport/ask-in-process.ts';
import type { Transport } from './transport/transport.ts';

export function refuseStatus(transport: Pick<Transport, 'intercept'>, statusPath: string): void {
  if (statusPath === '') return;
  transport.intercept(({ url, socket }, response) => {
    if (url?.split('?', 1)[0] !== statusPath || isInProcess(socket)) return false;
    refuse(response);
    return true;
  });
}

function refuse(response: http.ServerResponse): void {
  const headers = {
    'content-type': 'text/plain; charset=utf-8',
    'cache-control': 'no-store',
    connection: 'close',
  };
  response.writeHead(503, headers).end('leaving\n');
}
