/**
 * The TCP connection below a TLS connection. Looks inside Node: `_parent` (TLSSocket.prototype._init in lib/_tls_wrap.js;
 * the same in Node 20, 22, 24 and 26).
 */
import type net from 'node:net';
import type tls from 'node:tls';

export const rawOf = (socket: tls.TLSSocket): net.Socket | undefined =>
  (socket as tls.TLSSocket & { _parent?: net.Socket })._parent;
