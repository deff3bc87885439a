/**
 * Before the drain of a whole stop: the app's status path is answered with 503 to whoever asks over the network,
 * so that a load balancer takes this server out. Everything else is the app's, as before.
 */
import type http from 'node:http';
import net from 'node:net';

/** Only the emitter comes before every listener that an app or a framework has added, or will add. */
export function answerAsLeaving(server: http.Server, statusPath: string): void {
  if (statusPath === '') return;
  const emit = server.emit;
  const leaving = (event: string | symbol, ...args: unknown[]): boolean => {
    if (event === 'request') {
      const [request, response] = args as [http.IncomingMessage, http.ServerResponse];
      if (asks(request, statusPath)) {
        refuse(response);
        return true;
      }
    }
    return Reflect.apply(emit, server, [event, ...args]);
  };
  server.emit = leaving as typeof server.emit;
}

/** What asks in-process has no socket of the network: ask-in-process.ts. */
const asks = ({ url, socket }: http.IncomingMessage, statusPath: string): boolean =>
  url?.split('?', 1)[0] === statusPath && socket instanceof net.Socket;

function refuse(response: http.ServerResponse): void {
  const headers = {
    'content-type': 'text/plain; charset=utf-8',
    'cache-control': 'no-store',
    connection: 'close',
  };
  response.writeHead(503, headers).end('leaving\n');
}
