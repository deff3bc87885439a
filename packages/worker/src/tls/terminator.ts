/**
 * A tls.Server that does not listen: it shakes hands on connections that are given to it by 'connection', as Node
 * documents (https://nodejs.org/api/tls.html#event-connection). One is made for each set of certificates, so that a new set
 * is ready before it is used, and connections of the old one end as they began.
 */
import tls from 'node:tls';
import { type CertReqs, sessionContextOf } from './client-certificate.ts';
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
  readonly certReqs: CertReqs;
  readonly tlsMinVersion: 'TLSv1.2' | 'TLSv1.3';
  /** A list of OpenSSL; empty for Node's. */
  readonly tlsCiphers: string;
  readonly http2: boolean;
  /** Milliseconds that a client has for its handshake. */
  readonly handshakeTimeout: number;
}

type SniDone = (error: Error | null, context?: tls.SecureContext) => void;

/** The certificate for a name that a client asks for; undefined is the first one. */
export type Choose = (name: string) => tls.SecureContext | undefined;

export class Terminator {
  readonly server: tls.Server;
  readonly choose: Choose;
  readonly certReqs: CertReqs;
  /** The same for two that ask the same of a client. */
  readonly sessionContext: string;
  readonly #shared: tls.SecureContextOptions;
  readonly #pairs: Certificates['pairs'];
  #first: tls.SecureContext | undefined;

  /**
   * @param choose is asked at each handshake in which the client names a host, where there is a choice
   * @throws the error of OpenSSL for what it cannot use
   */
  constructor({ pairs, ca, ticketKeys }: Certificates, options: TlsOptions, choose: Choose) {
    const { certReqs, tlsMinVersion, tlsCiphers, http2, handshakeTimeout } = options;
    this.certReqs = certReqs;
    this.sessionContext = sessionContextOf(certReqs, ca);
    this.#shared = {
      minVersion: tlsMinVersion,
      sessionIdContext: this.sessionContext,
      honorCipherOrder: true,
      ...(tlsCiphers !== '' && { ciphers: tlsCiphers }),
      ...(ca !== undefined && { ca }),
    };
    this.#pairs = pairs;
    this.choose = pairs.length > 1 ? this.#chooserOf(pairs) : () => undefined;
    this.server = tls.createServer({
      ...this.#shared,
      ...pairs[0],
      requestCert: certReqs !== 'none',
      rejectUnauthorized: certReqs === 'required',
      // A client that asks for none of these is refused (lib/https.js has the same default).
      ALPNProtocols: http2 ? ['h2', 'http/1.1'] : ['http/1.1'],
      handshakeTimeout,
      ...(ticketKeys !== undefined && { ticketKeys: Buffer.from(ticketKeys, 'base64') }),
      // Costs each handshake a way through JavaScript.
      ...(pairs.length > 1 && {
        SNICallback: (name: string, callback: SniDone) => callback(null, choose(name)),
      }),
    });
  }

  /** The first pair, for a handshake that has begun with another set. */
  get first(): tls.SecureContext {
    this.#first ??= this.#contextOf(this.#pairs[0] as Certificates['pairs'][number]);
    return this.#first;
  }

  #chooserOf(pairs: Certificates['pairs']): Choose {
    return chooser(pairs.map((pair) => [namesOf(pair.cert), this.#contextOf(pair)] as const));
  }

  #contextOf(pair: Certificates['pairs'][number]): tls.SecureContext {
    return tls.createSecureContext({ ...this.#shared, ...pair });
  }
}
