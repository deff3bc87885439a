/** One connection over TLS, one request at a time; what came of it is in the client's own words. */
import { once } from 'node:events';
import tls from 'node:tls';

export type Target = Omit<tls.ConnectionOptions, 'port'> & { readonly port?: number | undefined };

export class TlsClient {
  readonly socket: tls.TLSSocket;
  /** The newest ticket that has come. */
  session: Buffer | undefined;
  closed = false;
  #text = '';
  #look = () => {};

  private constructor(socket: tls.TLSSocket) {
    this.socket = socket;
    socket.setEncoding('latin1');
    socket.on('data', (chunk: string) => {
      this.#text += chunk;
      this.#look();
    });
    socket.on('session', (session: Buffer) => {
      this.session = session;
      this.#look();
    });
    socket.on('error', () => {});
    socket.once('close', () => {
      this.closed = true;
      this.#look();
    });
  }

  /** Rejects when the handshake fails; one with a certificate that is missing may fail only after it, in TLS 1.3. */
  static async connect({ port, ...options }: Target): Promise<TlsClient> {
    const socket = tls.connect({
      port,
      host: '127.0.0.1',
      rejectUnauthorized: false,
      ...options,
    } as tls.ConnectionOptions);
    const client = new TlsClient(socket);
    await once(socket, 'secureConnect');
    return client;
  }

  /** @returns what has come when `enough` finds something */
  async until<T>(enough: (text: string) => T | undefined | false): Promise<T> {
    for (;;) {
      const found = enough(this.#text);
      if (found !== undefined && found !== false) return found;
      if (this.closed) throw new Error(`closed after: ${JSON.stringify(this.#text)}`);
      await new Promise<void>((resolve) => {
        this.#look = resolve;
      });
    }
  }

  /** The head and the body of the answer. */
  async ask(path = '/', headers = ''): Promise<{ head: string; body: string }> {
    this.#text = '';
    this.socket.write(`GET ${path} HTTP/1.1\r\nHost: localhost\r\n${headers}\r\n`);
    return this.until((text) => {
      const [head = '', body] = text.split(/\r\n\r\n(.*)/s);
      const length = Number(/^content-length: *(\d+)/im.exec(head)?.[1] ?? Number.NaN);
      if (body === undefined) return undefined;
      const chunked = /^transfer-encoding: chunked/im.test(head);
      return (chunked ? body.endsWith('0\r\n\r\n') : body.length >= length) && { head, body };
    });
  }

  async json(path = '/'): Promise<Record<string, unknown>> {
    return JSON.parse((await this.ask(path)).body);
  }

  /** The ticket with which a later connection resumes this one. */
  ticket(): Promise<Buffer> {
    return this.until(() => this.session);
  }

  destroy(): void {
    this.socket.destroy();
  }
}

/** One request on a connection of its own. */
export async function askTls(target: Target, path = '/'): Promise<Record<string, unknown>> {
  const client = await TlsClient.connect(target);
  try {
    return await client.json(path);
  } finally {
    client.destroy();
  }
}

/** The common name of the certificate that a client is shown. */
export async function certificateShown(target: Target): Promise<string> {
  const client = await TlsClient.connect(target);
  const { subject } = client.socket.getPeerCertificate();
  client.destroy();
  return String(subject?.CN);
}
