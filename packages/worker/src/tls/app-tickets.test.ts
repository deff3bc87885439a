import { randomBytes } from 'node:crypto';
import tls from 'node:tls';
import { shareTickets } from './app-tickets.ts';

const keys = randomBytes(48).toString('base64');

/** The keys that such a server of an app has then. */
function keysOf(options: tls.TlsOptions): string {
  const server = tls.createServer(options);
  shareTickets(server, keys);
  return server.getTicketKeys().toString('base64');
}

test('the same in all workers, and others where the app asks for something else of its clients', () => {
  expect(keysOf({ requestCert: true })).toBe(keysOf({ requestCert: true }));
  const all = [
    keys,
    ...[{}, { requestCert: true }, { requestCert: true, rejectUnauthorized: false }].map(keysOf),
  ];
  expect(new Set(all).size).toBe(4);
});

test('an app with keys of its own keeps them', () => {
  const ticketKeys = randomBytes(48);
  expect(keysOf({ ticketKeys })).toBe(ticketKeys.toString('base64'));
});
