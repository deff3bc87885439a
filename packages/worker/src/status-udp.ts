/**
 * The worker's side of `--status-transport udp`: its outcome as a datagram to the master on loopback.
 * A datagram may be lost and nothing says so, hence it is repeated until the master has acted on it.
 * The master's side is master/src/status-udp.ts.
 */
import dgram from 'node:dgram';
import { encodeStatus, type ProbeReport } from '@tshorn/core';

const REPEAT_MS = 200;

/** Returns the function that ends the repeating. */
export function reportByUdp(to: { port: number; secret: string }, report: ProbeReport): () => void {
  const socket = dgram.createSocket('udp4');
  const datagram = encodeStatus(to.secret, report);
  const send = () => socket.send(datagram, to.port, '127.0.0.1', () => {});
  const timer = setInterval(send, REPEAT_MS);
  // An error here (no buffer space, say) is the same as a lost datagram: the next one is on its way.
  socket.on('error', () => {});
  send();
  return () => {
    clearInterval(timer);
    socket.close();
  };
}
