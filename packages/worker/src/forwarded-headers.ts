/**
 * Takes the headers by which proxies tell of the client (`X-Forwarded-*`, `Forwarded`, `X-Real-IP`) from every request that
 * comes from somebody else than a trusted proxy, before the app sees it: frameworks such as Express believe them by a
 * setting of their own, which knows less of who has sent them. Loaded where `--trusted-proxies` names any.
 */
import diagnostics from 'node:diagnostics_channel';
import type http from 'node:http';
import type { IncomingHttpHeaders, ServerHttp2Stream } from 'node:http2';
import type { Socket } from 'node:net';
import { Proxies, peerOf } from './access-log/client.ts';
import { isHttp2 } from './app/http-server.ts';
import { connectionBelow } from './http2/own/below.ts';
import { beforeUpgrade } from './transport/upgraded.ts';

const PREFIX = 'x-forwarded-';
const OTHERS = ['forwarded', 'x-real-ip'];
/** The length of the shortest of them: most headers are told by their length or their first letter. */
const SHORTEST = 'x-real-ip'.length;
const FIRST_LETTERS = new Set(['x', 'X', 'f', 'F']);

function tellsOfClient(name: string): boolean {
  if (name.length < SHORTEST || !FIRST_LETTERS.has(name[0] as string)) return false;
  const lower = name.toLowerCase();
  return lower.startsWith(PREFIX) || OTHERS.includes(lower);
}

/** Changes the request as if these headers had not come. */
export function stripForwarded(request: http.IncomingMessage): void {
  const { rawHeaders } = request;
  if (!rawHeaders.some((name, at) => at % 2 === 0 && tellsOfClient(name))) return;
  // Node makes these from `rawHeaders` when somebody asks for them, by the number of headers that have come.
  const { headers, headersDistinct } = request;
  const kept: string[] = [];
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const [name = '', value = ''] = rawHeaders.slice(at, at + 2);
    if (tellsOfClient(name)) {
      delete headers[name.toLowerCase()];
      delete headersDistinct[name.toLowerCase()];
    } else kept.push(name, value);
  }
  rawHeaders.splice(0, rawHeaders.length, ...kept);
}

/** Changes the fields of a stream in place, before anybody has made a request of them. @param rawHeaders as Node's event has them */
function stripFields(headers: IncomingHttpHeaders, rawHeaders: string[] | undefined): void {
  for (const name of Object.keys(headers)) if (tellsOfClient(name)) delete headers[name];
  for (let at = (rawHeaders?.length ?? 0) - 2; at >= 0; at -= 2)
    if (tellsOfClient(rawHeaders?.[at] ?? '')) rawHeaders?.splice(at, 2);
}

type OnStream = (
  stream: ServerHttp2Stream,
  headers: IncomingHttpHeaders,
  flags: number,
  rawHeaders?: string[],
) => void;

/** Called once, when the app has its listeners. @param server the one of the app */
export function stripFromStrangers(server: unknown, trustedProxies: readonly string[]): void {
  const proxies = new Proxies(trustedProxies);
  const strangers = new WeakMap<Socket, boolean>();
  const isStranger = (socket: Socket): boolean => {
    const known = strangers.get(socket);
    if (known !== undefined) return known;
    const answer = !proxies.trusts(peerOf(socket));
    strangers.set(socket, answer);
    return answer;
  };
  const look = (request: http.IncomingMessage) => {
    if (isStranger(request.socket)) stripForwarded(request);
  };
  // Node tells of a request before the app's listeners have it (lib/_http_server.js, parserOnIncoming).
  diagnostics.subscribe('http.server.request.start', (message) => {
    const { request, server: of } = message as { request: http.IncomingMessage; server: unknown };
    if (of === server) look(request);
  });
  if (isHttp2(server)) {
    // The requests of the compatibility API are made by a listener of the same event.
    const onStream: OnStream = (stream, headers, _flags, rawHeaders) => {
      const connection = connectionBelow(stream.session);
      if (!connection || isStranger(connection)) stripFields(headers, rawHeaders);
    };
    server.prependListener('stream', onStream);
  }
  beforeUpgrade.add((request, _socket, of) => {
    if (of === server) look(request);
  });
}
