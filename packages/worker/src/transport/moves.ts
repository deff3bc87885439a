/** Connections that have come from another worker, and those that have left for one in the middle of a response. */
import type { Socket } from 'node:net';

const arrived = new WeakSet<Socket>();
const left = new WeakSet<Socket>();

export const markArrived = (socket: Socket): void => void arrived.add(socket);
export const hasArrived = (socket: Socket): boolean => arrived.has(socket);

export const markLeft = (socket: Socket): void => void left.add(socket);
/** Its response goes on in another worker. */
export const hasLeft = (socket: Socket): boolean => left.has(socket);

/** The access log's facts of a request that another worker continues: they travel with the state of its connection. */
export interface SoFar {
  readonly id: string;
  /** Milliseconds on the clock of process.hrtime(), which all processes of a machine have. */
  readonly begunAt: number;
  readonly firstByteMs?: number;
  /** Sent behind the head of its response. */
  readonly bytes: number;
}

const http2 = new WeakSet<Socket>();

/** It speaks HTTP/2: its compression tables and streams are in this process, so it drains and does not move. */
export const markHttp2 = (socket: Socket): void => void http2.add(socket);
export const speaksHttp2 = (socket: Socket): boolean => http2.has(socket);

const known = new WeakMap<Socket, SoFar>();
let tell: (socket: Socket) => SoFar | undefined = () => undefined;

/** The access log says how to tell of a connection that leaves. */
export const tellBy = (how: typeof tell): void => {
  tell = how;
};
/** Undefined without an access log. */
export const soFarOf = (socket: Socket): SoFar | undefined => tell(socket);

export const keepSoFar = (socket: Socket, soFar: SoFar): void => void known.set(socket, soFar);
/** @returns what the worker that the connection comes from has told of its request */
export const keptSoFar = (socket: Socket): SoFar | undefined => known.get(socket);
