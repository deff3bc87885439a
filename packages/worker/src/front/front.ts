/**
 * What stands between a worker's listeners and its app's server. A plain listener without a PROXY header and without
 * HTTP/2 has nothing of it: Node accepts there for the app's server itself. What a step needs is loaded only where its
 * option is in use. The Worker creates one.
 */
import type { Transport } from '../transport/transport.ts';
import { type Entry, type Http2, isHttps, type Step, type Tls, type Way } from './entry.ts';

export interface FrontOptions {
  readonly http2?: boolean;
  readonly proxyProtocol?: string;
}

export class Front {
  #transport: Transport | undefined;
  #proxy: Step | undefined;
  #http2: Http2 | undefined;
  #tls: Tls | undefined;

  /** To be called before `wayOf`. Loads what the options ask for. */
  async open(transport: Transport, options: FrontOptions): Promise<void> {
    this.#transport = transport;
    this.#proxy = await loadProxy(options);
    this.#http2 = await loadHttp2(transport, options);
  }

  /** @throws when a listener is https, and no certificate has come */
  wayOf(address: string): Way | undefined {
    const secure = isHttps(address);
    if (secure && !this.#tls) throw new Error(`bind: no certificate has come for ${address}`);
    if (!secure && !this.#proxy && !this.#http2) return undefined;
    const last = secure ? this.#secure() : this.#plain();
    const proxy = this.#proxy;
    const entry: Entry = proxy ? (socket) => proxy(socket, last) : last;
    return { entry, ...(secure && { allowHalfOpen: false }) };
  }

  #plain(): Entry {
    const http2 = this.#http2;
    const toApp: Entry = (socket) => this.#transport?.serve(socket);
    return http2 ? (socket) => http2.plain(socket, toApp) : toApp;
  }

  #secure(): Entry {
    const tls = this.#tls;
    const shaken: Entry = (socket) => {
      const { alpnProtocol } = socket as { alpnProtocol?: string | false };
      if (alpnProtocol === 'h2') this.#http2?.secure(socket as never);
      else this.#transport?.serve(socket);
    };
    return (socket) => tls?.step(socket, shaken);
  }
}

/** The plug of proxy-protocol/. */
async function loadProxy(_options: FrontOptions): Promise<Step | undefined> {
  return undefined;
}

/** The plug of http2/. */
async function loadHttp2(_transport: Transport, _options: FrontOptions): Promise<Http2 | undefined> {
  return undefined;
}
