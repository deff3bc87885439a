/**
 * Tells the master at regular times that the event loop of this worker turns, and what it has done so far.
 * The other end is master/src/vitals.ts.
 */
import diagnostics from 'node:diagnostics_channel';
import type http from 'node:http';
import { Socket } from 'node:net';
import { BEAT_EVERY_MS, type Beat } from '@tshorn/core';

/** Counts from now on. It ends with the process. */
export function beat(server: http.Server, send: (beat: Beat) => void): void {
  let requests = 0;
  diagnostics.subscribe('http.server.request.start', (message) => {
    const { server: of, socket } = message as { server: http.Server; socket: unknown };
    // The probe comes over an in-memory stream: it is no traffic.
    if (of === server && socket instanceof Socket) requests++;
  });
  const tell = () => send({ requests, rss: process.memoryUsage.rss() });
  setInterval(tell, BEAT_EVERY_MS).unref();
  tell();
}
