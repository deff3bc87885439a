/**
 * What stands between a connection as the app has it and the connection as the kernel has it: TLS. A plain connection has
 * none, and its own handle is the kernel's. The layers themselves are in ../tls-move, which is loaded only where TLS is.
 */
import type { Socket } from 'node:net';
import type { RawHandle } from './transport.ts';

export interface Layer {
  /** The handle of the kernel's connection; undefined when that is closed. */
  readonly handle: RawHandle | undefined;
  /** Bytes that have come from the kernel; a record of which a part has come is among them. */
  readonly bytesRead: number;
  /** The server has the connection: its HTTP parser is there. */
  served(): void;
  /** True when nothing is under way here: all has been written, and no part of a record waits for its rest. */
  isFlushed(): boolean;
  /** Why the connection can never move. */
  whyImmovable(): string | undefined;
  /** Why it does not move now, although it looks idle; the name under which the drain counts it. */
  whyNotNow(): string | undefined;
  stopReading(): void;
  readAgain(): void;
  /** All that another worker needs to go on: secrets are among it. Only while it is flushed and not read. */
  carry(): object;
}

/** The app's bundles (`tshorn/ws`) have a copy of this file. */
const LAYER = Symbol.for('tshorn.layer');
type Layered = Socket & { [LAYER]?: Layer; readonly encrypted?: boolean };

export const layerOf = (socket: Socket): Layer | undefined => (socket as Layered)[LAYER];

export const setLayer = (socket: Socket, layer: Layer): void => {
  (socket as Layered)[LAYER] = layer;
};

/** Bytes that have come for this connection, also those of which the app will only hear. */
export const bytesArrived = (socket: Socket): number => layerOf(socket)?.bytesRead ?? socket.bytesRead;

/** Encrypted, by something that this process cannot carry on elsewhere. */
export const isSealed = (socket: Socket): boolean =>
  (socket as Layered).encrypted === true && layerOf(socket) === undefined;

let whySealed = 'tls';
/** From here on TLS 1.3 connections have layers: one without is older. */
export const tlsMoves = (): void => {
  whySealed = 'tls-1.2';
};
/** The reason why a sealed connection does not move. */
export const sealedReason = (): string => whySealed;
