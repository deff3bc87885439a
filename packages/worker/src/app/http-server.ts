/**
 * Telling servers apart without loading `node:https`: with TLS and its crypto it costs every worker 3 ms,
 * and an app that serves HTTPS has loaded it itself.
 */
import http from 'node:http';
import net from 'node:net';

/** Only tls.Server, which https.Server is made of, can change its certificates. */
export const isTls = (server: net.Server): boolean => 'setSecureContext' in server;

/** HTTP/2 servers can change their settings. `node:http2` is not loaded for that: it costs every worker some milliseconds. */
export const isHttp2 = (server: unknown): server is net.Server =>
  server instanceof net.Server && 'updateSettings' in server;

/** An http.Server or https.Server; HTTP/2 servers (they have `updateSettings`) are neither. */
export const isHttpServer = (value: unknown): value is http.Server =>
  value instanceof http.Server ||
  (value instanceof net.Server &&
    isTls(value) &&
    'closeIdleConnections' in value &&
    !('updateSettings' in value));

/** All that can be the app. What is asked of one of HTTP/2 as an http.Server is what all servers have. */
export const isServable = (value: unknown): value is http.Server => isHttpServer(value) || isHttp2(value);
