/**
 * Telling servers apart without loading `node:https`: with TLS and its crypto it costs every worker 3 ms,
 * and an app that serves HTTPS has loaded it itself.
 */
import http from 'node:http';
import net from 'node:net';

/** Only tls.Server, which https.Server is made of, can change its certificates. */
export const isTls = (server: net.Server): boolean => 'setSecureContext' in server;

/** An http.Server or https.Server; HTTP/2 servers (they have `updateSettings`) are neither. */
export const isHttpServer = (value: unknown): value is http.Server =>
  value instanceof http.Server ||
  (value instanceof net.Server &&
    isTls(value) &&
    'closeIdleConnections' in value &&
    !('updateSettings' in value));
