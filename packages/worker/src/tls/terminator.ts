/**
 * A tls.Server that does not listen: it shakes hands on connections that are given to it by 'connection', as Node
 * documents (https://nodejs.org/api/tls.html#event-connection). One is made for each set of certificates, so that a new set
 * is ready before it is used, and connections of the old one end as they began.
 */
import tls from 'node:tls';
import { chooser, namesOf } from './names.ts';

export interface Certificates {
  /** PEM; the key is not encrypted. The first pair is for all names that no pair is for. */
  readonly pairs: readonly { readonly cert: string; readonly key: string }[];
  /** PEM of the authorities that client certificates are checked against. */
  readonly ca?: string | undefined;
  /** 48 bytes, in base64. Without them, a session resumes only in the worker that began it. */
  readonly ticketKeys?: string | undefined;
}

export interface TlsOptions {
  readonly certReqs: 'none' | 'optional' | 'required';
  readonly tlsMinVersion: 'TLSv1.2' | 'TLSv1.3';
  /** A list of OpenSSL; empty for Node's. */
  readonly tlsCiphers: string;
  readonly http2: boolean;
  /** Milliseconds that a client has for its handshake. */
  readonly handshakeTimeout: number;
}

/** Node's default is a digest of `process.argv`, which differs between releases, and a session would not resume after a reload. */
const SESSION_ID_CONTEXT = 'tshorn';

/** @throws the error of OpenSSL for what it cannot use */
export function createTerminator(certificates: Certificates, options: TlsOptions): tls.Server {
  const { pairs, ca, ticketKeys } = certificates;
  const { certReqs, tlsMinVersion, tlsCiphers, http2, handshakeTimeout } = options;
  const shared: tls.SecureContextOptions = {
    minVersion: tlsMinVersion,
    sessionIdContext: SESSION_ID_CONTEXT,
    honorCipherOrder: true,
    ...(tlsCiphers !== '' && { ciphers: tlsCiphers }),
    ...(ca !== undefined && { ca }),
  };
  const [first] = pairs;
  if (!first) throw new Error('no certificate');
  const SNICallback = pairs.length > 1 ? bySni(pairs, shared) : undefined;
  return tls.createServer({
    ...shared,
    cert: first.cert,
    key: first.key,
    requestCert: certReqs !== 'none',
    rejectUnauthorized: certReqs === 'required',
    // As Node's https.Server has it: without 'http/1.1' a client that asks only for h2 would get it (lib/https.js).
    ALPNProtocols: http2 ? ['h2', 'http/1.1'] : ['http/1.1'],
    handshakeTimeout,
    ...(ticketKeys !== undefined && { ticketKeys: Buffer.from(ticketKeys, 'base64') }),
    // Called for a handshake only where there is a choice: it costs a turn through JavaScript.
    ...(SNICallback && { SNICallback }),
  });
}

function bySni(
  pairs: Certificates['pairs'],
  shared: tls.SecureContextOptions,
): NonNullable<tls.TlsOptions['SNICallback']> {
  const choose = chooser(
    pairs.map(({ cert, key }) => [namesOf(cert), tls.createSecureContext({ ...shared, cert, key })] as const),
  );
  // Without a context Node uses the first pair.
  return (name, callback) => callback(null, choose(name));
}
