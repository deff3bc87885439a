/**
 * The worker's end of `--status-transport udp`; the master's end is master/src/status-udp.ts.
 * The worker sends its probe report as a datagram over loopback. A datagram can get lost without an error,
 * so the worker repeats it until the master acts on it.
 */
import dgram from 'node:dgram';
import { encodeStatus, type ProbeReport } from '@tshorn/core';

const REPEAT_MS = 200;

/**
 * @param to the master's UDP port on 127.0.0.1, and the one-time secret of this worker
 * @returns the function that stops the repeating; a parked worker that serves again calls it a second time
 */
export function reportByUdp(to: { port: number; secret: string }, report: ProbeReport): () => void {
  const socket = dgram.createSocket('udp4');
  const datagram = encodeStatus(to.secret, report);
  const send = () => socket.send(datagram, to.port, '127.0.0.1', () => {});
  const timer = setInterval(send, REPEAT_MS);
  // An error here (no buffer space, say) is the same as a lost datagram: the next one is on its way.
  socket.on('error', () => {});
  send();
  let open = true;
  return () => {
    if (!open) return;
    open = false;
    clearInterval(timer);
    socket.close();
  };
}
