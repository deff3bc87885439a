/**
 * Tells the master at regular times that the event loop of this worker turns, and what it has done so far.
 * The other ends are master/src/vitals.ts and master/src/hang/hangs.ts.
 */
import diagnostics from 'node:diagnostics_channel';
import type http from 'node:http';
import { Socket } from 'node:net';
import { BEAT_EVERY_MS, type BootOrder, type ToMaster } from '@tshorn/core';
import { InFlight } from './in-flight.ts';

type Limits = Pick<BootOrder, 'requestTimeout' | 'loopDelayWarning'>;

interface RequestStart {
  readonly request: http.IncomingMessage;
  readonly response: http.ServerResponse;
  readonly server: http.Server;
  readonly socket: unknown;
}

/** Counts from now on. It ends with the process. */
export function beat(
  server: http.Server,
  { requestTimeout, loopDelayWarning }: Limits,
  send: (message: ToMaster) => void,
): void {
  const inFlight = new InFlight(server);
  let requests = 0;
  diagnostics.subscribe('http.server.request.start', (message) => {
    const { request, response, server: of, socket } = message as RequestStart;
    if (of !== server) return;
    inFlight.begun(request, response);
    // The probe comes over an in-memory stream: it is no traffic.
    if (socket instanceof Socket) requests++;
  });

  // Now and then is enough: a look at all connections costs more than a beat.
  const lookEveryMs = Math.max(BEAT_EVERY_MS, requestTimeout / 10);
  let due = performance.now();
  let looked = due;
  const tell = () => {
    const now = performance.now();
    const loopDelayMs = Math.max(0, Math.round(now - due));
    due = now + BEAT_EVERY_MS;
    send({ type: 'beat', requests, rss: process.memoryUsage.rss(), loopDelayMs });
    if (loopDelayWarning > 0 && loopDelayMs > loopDelayWarning) {
      send({ type: 'late', loopDelayMs, requests: inFlight.around() });
    }
    if (requestTimeout === 0 || now - looked < lookEveryMs) return;
    looked = now;
    const waiting = inFlight.waiting(requestTimeout);
    if (waiting.requests.length > 0) send({ type: 'waiting', ...waiting });
  };
  setInterval(tell, BEAT_EVERY_MS).unref();
  tell();
}
