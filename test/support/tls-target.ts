/** A server with a certificate that nobody trusts, and clients of it with all cipher suites, fresh and resumed. */
import { once } from 'node:events';
import tls, { type ConnectionOptions } from 'node:tls';
import type { Target } from './load.ts';
import { fixture } from './server.ts';

export const PEM = fixture('localhost.pem');
export const TLS_ARGS = ['--certfile', PEM, '--keyfile', PEM];

export const SUITES = [
  'TLS_AES_128_GCM_SHA256',
  'TLS_AES_256_GCM_SHA384',
  'TLS_CHACHA20_POLY1305_SHA256',
] as const;

const UNTRUSTED: ConnectionOptions = { rejectUnauthorized: false, minVersion: 'TLSv1.3' };

/** The targets of many clients, in turn: each cipher suite, with a full handshake and with a resumed session. */
export async function tlsTargets(port: number): Promise<(at: number) => Target> {
  const all: ConnectionOptions[] = [];
  for (const ciphers of SUITES) {
    const options = { ...UNTRUSTED, ciphers };
    all.push(options, { ...options, session: await sessionOf(port, options) });
  }
  return (at) => ({ port, tls: all[at % all.length] as ConnectionOptions });
}

/** A session to resume. */
async function sessionOf(port: number, options: ConnectionOptions): Promise<Buffer> {
  const socket = tls.connect({ ...options, port, host: '127.0.0.1' });
  const [session] = await once(socket, 'session');
  socket.destroy();
  return session as Buffer;
}
