/**
 * TLS 1.3 connections that move to another worker (docs/tls.md). Loaded only where there is TLS: by a worker that serves
 * it, and by one that gets such a connection from another.
 */
import type net from 'node:net';
import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { layerOf, setLayer, tlsMoves } from '../transport/layer.ts';
import { beforeUpgrade } from '../transport/upgraded.ts';
import type { TlsCarry } from './carry.ts';
import { ContinuedTls } from './continued-tls.ts';
import { LeavingTls } from './leaving-tls.ts';

/** `_T` of CLIENT_TRAFFIC_SECRET_0: no other line of 'keylog' has the letter there. */
const LETTER_AT = 7;
const T = 'T'.charCodeAt(0);
/** The last letter of its label is `0`, or `N` for a secret that a KeyUpdate has made (OpenSSL, ssl/tls13_enc.c). */
const GENERATION_AT = 'CLIENT_TRAFFIC_SECRET_'.length;
const N = 'N'.charCodeAt(0);
const C = 'C'.charCodeAt(0);

/**
 * Notes the secrets and numbers of each TLS 1.3 connection of a server, for the day that it moves; called before the server
 * accepts. A server that hands its connections on says `served` where it has done so. Node tells the secrets by 'keylog'
 * (https://nodejs.org/api/tls.html#event-keylog); they are in no file and no log.
 */
export function followTls(server: net.Server): void {
  tlsMoves();
  beforeUpgrade.add(onUpgrade);
  server.on('keylog', (line: Buffer, socket: TLSSocket) => {
    if (line[LETTER_AT] !== T) return;
    const layer = layerOf(socket);
    if (line[GENERATION_AT] === N) return void (layer as LeavingTls | undefined)?.updated();
    if (line[0] === C) return void (layer as LeavingTls | undefined)?.finished(line);
    const leaving = new LeavingTls(socket, line);
    setLayer(socket, leaving);
    socket.on('close', onClose);
  });
  server.on('secureConnection', (socket: TLSSocket) => {
    const layer = layerOf(socket);
    if (layer instanceof LeavingTls) layer.served();
  });
}

function onUpgrade(_request: unknown, socket: Socket): void {
  const layer = layerOf(socket);
  if (layer instanceof LeavingTls) layer.upgraded();
}

/** One for all sockets. */
function onClose(this: TLSSocket): void {
  const layer = layerOf(this);
  if (layer instanceof LeavingTls) layer.forget();
}

/**
 * @param socket the kernel's connection, which the server owns already
 * @param carried what came with it; see `Layer.carry`
 * @throws for a cipher suite that is not known here
 */
export function continueTls(socket: Socket, carried: object): Socket {
  return new ContinuedTls(socket, carried as TlsCarry) as unknown as Socket;
}
