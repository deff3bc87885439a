/**
 * Answers plain HTTP with a redirect to https (`--redirect-http`). No request reaches the app. Loaded only where the option
 * is in use.
 */
import http from 'node:http';
import net from 'node:net';
import type { Entry, Ports } from './entry.ts';

/** A redirect takes a moment; a client that needs longer is none. */
const LIFE_MS = 10_000;

/** Takes the connections of such a listener. */
export function redirecting(ports: Ports): Entry {
  const server = http.createServer((request, response) => answer(request, response, ports));
  // Otherwise Node says 100 first, and waits for a body that nobody wants.
  server.on('checkContinue', (request, response) => answer(request, response, ports));
  return (socket) => {
    // The server does not listen, and so looks after none of its timeouts.
    const timer = setTimeout(() => socket.destroy(), LIFE_MS).unref();
    socket.once('close', () => clearTimeout(timer));
    server.emit('connection', socket);
  };
}

function answer(request: http.IncomingMessage, response: http.ServerResponse, ports: Ports): void {
  const location = locationOf(request, ports);
  // Unread, a body would reset the connection, and the client might lose the answer.
  request.resume();
  const { code, ...headers } = location
    ? { code: 308, location, 'content-length': 0 }
    : { code: 400, 'content-length': 0 };
  response.writeHead(code, { ...headers, connection: 'close' });
  response.end();
}

type Request = Pick<http.IncomingMessage, 'url' | 'rawHeaders'>;

/**
 * Where the request is to be sent again; undefined where its target or its `Host` is not valid: RFC 9112, section 3.2.
 * The host is one that the client has named as its host, and nothing else of the request is taken for one.
 */
export function locationOf({ url = '', rawHeaders }: Request, ports: Ports): string | undefined {
  const [authority, path] = partsOf(url, hostIn(rawHeaders));
  const host = authority === undefined ? undefined : readHost(authority);
  if (!host || path === undefined) return undefined;
  return `https://${host.name}${portOf(host.port, ports)}${escaped(path)}`;
}

/** A target in absolute form, as a proxy is sent it, has the host itself: RFC 9112, section 3.2.2. */
function partsOf(url: string, host: string | undefined): [authority?: string | undefined, path?: string] {
  if (url.startsWith('/')) return [host, url];
  const [, authority, path = ''] = /^http:\/\/([^/?#]+)([/?].*)?$/is.exec(url) ?? [];
  return [authority, path.startsWith('/') ? path : `/${path}`];
}

/** Undefined where there is none, or more than one. */
function hostIn(rawHeaders: readonly string[]): string | undefined {
  const values = rawHeaders.filter((_, at) => at % 2 === 1 && rawHeaders[at - 1]?.toLowerCase() === 'host');
  return values.length === 1 ? values[0] : undefined;
}

const HOST = /^(?:\[([0-9a-f:.]+)\]|([a-z0-9_](?:[a-z0-9._-]{0,252}[a-z0-9_])?\.?))(?::(\d{1,5}))?$/i;

function readHost(text: string): { readonly name: string; readonly port: number } | undefined {
  const [, ipv6, name, port = '80'] = HOST.exec(text) ?? [];
  if (ipv6 !== undefined && !net.isIPv6(ipv6)) return undefined;
  if ((ipv6 ?? name) === undefined || Number(port) > 65_535) return undefined;
  return { name: ipv6 === undefined ? `${name}` : `[${ipv6}]`, port: Number(port) };
}

/** Where a client knows this listener by another port, ports are mapped on the way, and that of https is taken for 443. */
function portOf(asked: number, { http: own, https }: Ports): string {
  return https === undefined || https === 443 || own !== asked ? '' : `:${https}`;
}

/** Node's parser lets bytes above ASCII through. */
const escaped = (path: string): string =>
  path.replace(/[^\x21-\x7e]|["<>\\^`{|}]/g, (character) =>
    [...Buffer.from(character, 'latin1')]
      .map((byte) => `%${byte.toString(16).toUpperCase().padStart(2, '0')}`)
      .join(''),
  );
