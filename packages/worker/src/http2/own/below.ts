/** The connections that sessions of an app's own HTTP/2 server are made on; `session.socket` may be one that Node has put over it. */
import type { Socket } from 'node:net';

const connections = new WeakMap<object, Socket>();

export const keepBelow = (session: object, connection: Socket): void => {
  connections.set(session, connection);
};

/** Undefined where nobody knows. */
export const connectionBelow = (session: object | undefined): Socket | undefined =>
  session && connections.get(session);
