/**
 * What stands between a worker's listeners and its app's server. A plain listener without a PROXY header and without
 * HTTP/2 has nothing of it: Node accepts there for the app's server itself. What a step needs is loaded only where its
 * option is in use. The Worker creates one.
 */
import type tls from 'node:tls';
import type { WorkerOptions } from '@tshorn/config';
import { describeThrown, type ToMaster, TshornError } from '@tshorn/core';
import { isHttp2, isTls } from '../app/http-server.ts';
import type { ProxyStep } from '../proxy-protocol/step.ts';
import type { CertificatesOrder, Swap } from '../tls/swap.ts';
import type { Transport } from '../transport/transport.ts';
import { type Entry, type Http2, isHttps, type Ports, type Way } from './entry.ts';

export type FrontOptions = Pick<
  WorkerOptions,
  | 'http2'
  | 'proxyProtocol'
  | 'trustedProxies'
  | 'certReqs'
  | 'tlsMinVersion'
  | 'tlsCiphers'
  | 'tlsHandoff'
  | 'headersTimeout'
  | 'redirectHttp'
>;

/** A client has as long for its handshake as for its first request; without a limit of that, as under bare Node. */
const HANDSHAKE_MS = 120_000;

export class Front {
  readonly #send: (message: ToMaster) => void;
  #transport: Transport | undefined;
  #proxy: ProxyStep | undefined;
  #http2: Http2 | undefined;
  #swap: Swap | undefined;
  #redirecting: ((ports: Ports) => Entry) | undefined;
  /** Those that have come before the app was loaded. */
  #orders: CertificatesOrder[] | undefined = [];
  #failure: string | undefined;
  #shareWithApp: ((keys: string) => void) | undefined;

  constructor(send: (message: ToMaster) => void) {
    this.#send = send;
  }

  /** The master exchanges certificates, or ticket keys. */
  obey(order: CertificatesOrder): void {
    if (this.#orders) return void this.#orders.push(order);
    this.#swap?.obey(order);
    // The app may serve HTTPS by itself.
    if (order.type === 'ticket-keys') this.#shareWithApp?.(order.keys);
  }

  /** The master is gone. */
  abandon(): void {
    this.#swap?.abandon();
  }

  /** Loads what the options and the certificates ask for. To be called before `wayOf`, once. */
  async open(transport: Transport, options: FrontOptions): Promise<void> {
    this.#transport = transport;
    transport.enterBy((socket, kind, isKnown) => {
      // Its listener speaks no TLS any more.
      if (kind === 'https' && !this.#swap) return void socket.destroy();
      const way = this.#way(`${kind}://`, isKnown ? undefined : this.#proxy);
      if (way) way.entry(socket);
      else this.#toApp(socket);
    });
    this.#proxy = await loadProxy(transport, options, this.#send);
    this.#http2 = await loadHttp2(transport, options);
    if (options.redirectHttp) this.#redirecting = (await import('./redirect.ts')).redirecting;
    await watchForwarded(transport, options);
    if (isTls(transport.server)) {
      const server = transport.server as tls.Server;
      const { shareTickets } = await import('../tls/app-tickets.ts');
      this.#shareWithApp = (keys) => shareTickets(server, keys);
    }
    if (this.#orders?.some(({ type }) => type === 'certificates')) await this.#openTls(options);
    const orders = this.#orders ?? [];
    this.#orders = undefined;
    for (const order of orders) this.obey(order);
  }

  async #openTls(options: FrontOptions): Promise<void> {
    const { Swap } = await import('../tls/swap.ts');
    const at = this.#orders?.findIndex(({ type }) => type === 'certificates') ?? -1;
    const [first] = this.#orders?.splice(at, 1) ?? [];
    if (first?.type !== 'certificates') return;
    const { tlsHandoff } = options;
    const handshakeTimeout = options.headersTimeout || HANDSHAKE_MS;
    try {
      this.#swap = new Swap(first, {
        options: { ...options, http2: options.http2 || isHttp2(this.#transport?.server), handshakeTimeout },
        next: (socket) => this.#shaken(socket),
        send: this.#send,
        arm: tlsHandoff ? (await import('../tls-move/tls-move.ts')).followTls : () => {},
      });
      this.#transport?.join(this.#swap.handshakes);
    } catch (error) {
      this.#failure = describeThrown(error);
    }
  }

  /** @throws TshornError when a listener is https, and there is no certificate that can be used */
  wayOf(address: string, redirect?: Ports): Way | undefined {
    const proxy = this.#proxy;
    if (redirect && this.#redirecting) {
      const entry = this.#redirecting(redirect);
      return { entry: proxy ? (socket) => proxy.take(socket, undefined, entry) : entry };
    }
    return this.#way(address, proxy);
  }

  #way(address: string, proxy: ProxyStep | undefined): Way | undefined {
    if (isHttps(address)) {
      const { entry } = this.#handshakes(address);
      // Both as under Node's https.Server, whose sockets end when their client does.
      return { entry: proxy ? (socket) => proxy.take(socket, 'https', entry) : entry, allowHalfOpen: false };
    }
    const http2 = this.#http2;
    if (!proxy && !http2) return undefined;
    const last: Entry = http2 ? (socket) => http2.plain(socket, this.#toApp) : this.#toApp;
    return { entry: proxy ? (socket) => proxy.take(socket, 'http', last) : last };
  }

  #handshakes(address: string): Swap['handshakes'] {
    if (this.#swap) return this.#swap.handshakes;
    const why = this.#failure ?? 'none has come';
    throw new TshornError('ERR_ADDRESS', `bind: no certificate for ${address}: ${why}`);
  }

  #shaken(socket: tls.TLSSocket): void {
    this.#proxy?.shaken(socket);
    if (this.#http2 && socket.alpnProtocol === 'h2') this.#http2.secure(socket);
    else this.#toApp(socket);
  }

  readonly #toApp: Entry = (socket) => this.#transport?.serve(socket);
}

/** The plug of proxy-protocol/. */
async function loadProxy(
  transport: Transport,
  { proxyProtocol: accepted, trustedProxies }: FrontOptions,
  send: (message: ToMaster) => void,
): Promise<ProxyStep | undefined> {
  if (accepted === 'off') return undefined;
  const { openProxyProtocol } = await import('../proxy-protocol/index.ts');
  return openProxyProtocol(transport, { accepted, trustedProxies, send });
}

/** Headers that only a trusted proxy may send. */
async function watchForwarded(transport: Transport, { trustedProxies }: FrontOptions): Promise<void> {
  if (trustedProxies.length === 0) return;
  const { stripFromStrangers } = await import('../forwarded-headers.ts');
  stripFromStrangers(transport.server, trustedProxies);
}

/** The plug of http2/. */
async function loadHttp2(transport: Transport, { http2 }: FrontOptions): Promise<Http2 | undefined> {
  // An app's own server of HTTP/2 takes such connections itself.
  if (!http2 || isHttp2(transport.server)) return undefined;
  const { openHttp2 } = await import('../http2/index.ts');
  return openHttp2(transport);
}
