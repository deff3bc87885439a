/** The transport of an app's server, by what it speaks. */
import type http from 'node:http';
import { isHttp2 } from '../app/http-server.ts';
import { Http1 } from './http1.ts';
import type { Transport } from './transport.ts';

/** Loads what that server needs. */
export const openTransport = async (
  server: http.Server,
  options: { readonly tlsHandoff: boolean },
  addresses: readonly string[] | undefined,
): Promise<Transport> =>
  isHttp2(server)
    ? new (await import('../http2/own/own-http2.ts')).OwnHttp2(server)
    : Http1.open(server, options, addresses);
