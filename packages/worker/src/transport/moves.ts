/** Connections that have come from another worker, and those that have left for one in the middle of a response. */
import type { Socket } from 'node:net';

const arrived = new WeakSet<Socket>();
const left = new WeakSet<Socket>();

export const markArrived = (socket: Socket): void => void arrived.add(socket);
export const hasArrived = (socket: Socket): boolean => arrived.has(socket);

export const markLeft = (socket: Socket): void => void left.add(socket);
/** Its response goes on in another worker. */
export const hasLeft = (socket: Socket): boolean => left.has(socket);
