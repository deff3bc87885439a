/** The session tickets of an app's own https.Server, which otherwise only the worker that has sealed them can open. */
import type tls from 'node:tls';

interface Ticketing {
  /** Present where the app has given keys of its own (lib/_tls_wrap.js, Server.prototype.setSecureContext). */
  readonly ticketKeys?: unknown;
}

/** @param keys 48 bytes, in base64 */
export function shareTickets(server: tls.Server, keys: string): void {
  const isOwn = (server as Ticketing).ticketKeys !== undefined || server.listenerCount('resumeSession') > 0;
  if (!isOwn) server.setTicketKeys(Buffer.from(keys, 'base64'));
}
