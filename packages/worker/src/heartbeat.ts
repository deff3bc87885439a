/**
 * Tells the master at regular times that the event loop of this worker turns, and what it has done so far.
 * The other ends are master/src/vitals.ts and master/src/hang/hangs.ts.
 */
import diagnostics from 'node:diagnostics_channel';
import type http from 'node:http';
import { Socket } from 'node:net';
import { type BootOrder, LOOK_EVERY_MS, type ToMaster } from '@tshorn/core';
import { InFlight } from './in-flight.ts';

type Limits = Pick<BootOrder, 'heartbeatEvery' | 'requestTimeout' | 'loopDelayWarning'>;

interface RequestStart {
  readonly request: http.IncomingMessage;
  readonly response: http.ServerResponse;
  readonly server: http.Server;
  readonly socket: unknown;
}

/** Counts from now on. It ends with the process. */
export function heartbeat(
  server: http.Server,
  { heartbeatEvery, requestTimeout, loopDelayWarning }: Limits,
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

  // Now and then is enough: a look at all connections costs more than a heartbeat.
  const lookEveryMs = Math.max(LOOK_EVERY_MS, requestTimeout / 10);
  let due = performance.now();
  let looked = due;
  let told = due - heartbeatEvery;
  let worst = 0;
  let rss = 0;
  const look = () => {
    const now = performance.now();
    inFlight.tick();
    const loopDelayMs = Math.max(0, Math.round(now - due));
    due = now + LOOK_EVERY_MS;
    worst = Math.max(worst, loopDelayMs);
    // Timers are a little early or late.
    if (now - told > heartbeatEvery - LOOK_EVERY_MS / 2) {
      told = now;
      rss = ownBytes() ?? rss;
      send({ type: 'heartbeat', requests, rss, loopDelayMs: worst });
      worst = 0;
    }
    if (loopDelayWarning > 0 && loopDelayMs > loopDelayWarning) {
      send({ type: 'late', loopDelayMs, requests: inFlight.around() });
    }
    if (requestTimeout === 0 || now - looked < lookEveryMs) return;
    looked = now;
    const waiting = inFlight.waiting(requestTimeout);
    if (waiting.requests.length > 0) send({ type: 'waiting', ...waiting });
  };
  setInterval(look, LOOK_EVERY_MS).unref();
  look();
}

/** It is read from a file: without a descriptor to spare there is no answer, and that must not end the worker. */
function ownBytes(): number | undefined {
  try {
    return process.memoryUsage.rss();
  } catch {
    return undefined;
  }
}
