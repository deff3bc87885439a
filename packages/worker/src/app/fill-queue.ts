/**
 * Fills the kernel's queue of listening sockets with a connection of our own. Between the last look at an empty queue and
 * the close of the socket a client may connect, and the close resets it. While our connection waits in the queue, a socket
 * with a backlog of 0 lets nobody else in: the queue is full with one (sk_acceptq_is_full in include/net/sock.h), and the
 * kernel drops the SYN of a client, which sends it again after the close and is refused.
 *
 * Looks inside Node: `_handle.getpeername()` tells in the turn of the connect whether the handshake is over. On the
 * loopback device it is, as a rule. The event 'connect' would come too late: by then the server has accepted.
 */
import net from 'node:net';
import type { RawListener } from './stand-in.ts';

/** A client's address in place of one that means every address. */
const LOOPBACK: Readonly<Record<string, string>> = { '0.0.0.0': '127.0.0.1', '::': '::1' };

/** Node's own, whatever instruments it later: no span, log line or mock of the app is for this connection. */
const nodesConnect: (this: net.Socket, to: net.TcpSocketConnectOpts) => net.Socket =
  net.Socket.prototype.connect;

interface Connecting extends net.Socket {
  _handle: { getpeername?(out: object): number } | null;
}

/**
 * Connects to each of the handles; all must have a backlog of 0.
 * @returns true if every queue holds our connection and nobody else's: close the listeners before anything is awaited.
 *   False if another client was first, or this machine does not let it connect at once.
 */
export async function fillQueues(handles: readonly RawListener[]): Promise<boolean> {
  const ours = handles.flatMap((handle) => connect(handle) ?? []);
  // Node makes the system call in its next tick, also when the host is a number (lookupAndConnect in lib/net.js).
  await new Promise<void>((resolve) => process.nextTick(resolve));
  const full = ours.every(isConnected);
  if (full) setImmediate(() => end(ours));
  else end(ours);
  return full;
}

/** Undefined for a unix socket: the master has removed its path before the drain, so nobody connects any more. */
function connect(handle: RawListener): Connecting | undefined {
  const bound: { address?: string; port?: number } = {};
  if (handle.getsockname?.(bound) !== 0 || !bound.address || !bound.port) return undefined;
  const socket = new net.Socket() as Connecting;
  socket.on('error', () => {});
  const host = LOOPBACK[bound.address] ?? bound.address;
  try {
    nodesConnect.call(socket, { host, port: bound.port });
  } catch {
    // Node's permission model may forbid connects.
  }
  return socket;
}

const isConnected = ({ _handle }: Connecting): boolean => _handle?.getpeername?.({}) === 0;

function end(sockets: readonly net.Socket[]): void {
  for (const socket of sockets) socket.destroy();
}
