/** The session tickets of an app's own https.Server, which otherwise only the worker that has sealed them can open. */
import { createHash, hkdfSync } from 'node:crypto';
import type tls from 'node:tls';

interface Ticketing {
  /** Present where the app has given keys of its own (lib/_tls_wrap.js, Server.prototype.setSecureContext). */
  readonly ticketKeys?: unknown;
  readonly requestCert?: unknown;
  readonly rejectUnauthorized?: unknown;
  readonly ca?: unknown;
}

/** @param keys 48 bytes, in base64 */
export function shareTickets(server: tls.Server, keys: string): void {
  const isOwn = (server as Ticketing).ticketKeys !== undefined || server.listenerCount('resumeSession') > 0;
  if (!isOwn) server.setTicketKeys(keysFor(server as Ticketing, Buffer.from(keys, 'base64')));
}

/** A release that asks more of its clients must not take the tickets of one that asked for less: it has other keys. */
function keysFor({ requestCert, rejectUnauthorized, ca }: Ticketing, keys: Buffer): Buffer {
  const authorities = [ca ?? []].flat(Number.POSITIVE_INFINITY).map(String);
  const demands = JSON.stringify([requestCert === true, rejectUnauthorized !== false, authorities]);
  return Buffer.from(hkdfSync('sha256', keys, '', `tshorn tickets ${sha256(demands)}`, keys.length));
}

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');
