/**
 * Has a tls.Server shake hands on a connection, and tells which TLS connection that has become: Node tells it only when the
 * handshake is over. Looks inside Node: `_init`, a method that the constructor of TLSSocket calls (lib/_tls_wrap.js; the
 * same in Node 20, 22, 24 and 26). Where it is missing, nothing is told.
 */
import type net from 'node:net';
import tls from 'node:tls';

type Init = (this: tls.TLSSocket, ...args: unknown[]) => unknown;

let isAsking = false;
let made: tls.TLSSocket | undefined;

const { prototype } = tls.TLSSocket as unknown as { prototype: { _init?: Init } };
const { _init: init } = prototype;
if (typeof init === 'function') {
  prototype._init = function _init(...args) {
    if (isAsking) made = this;
    return Reflect.apply(init, this, args);
  };
}

export function shake(server: tls.Server, socket: net.Socket): tls.TLSSocket | undefined {
  isAsking = true;
  try {
    server.emit('connection', socket);
    return made;
  } finally {
    isAsking = false;
    made = undefined;
  }
}
