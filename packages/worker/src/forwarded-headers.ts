/**
 * Takes the headers by which proxies tell of the client (`X-Forwarded-*`, `Forwarded`, `X-Real-IP`) from every request that
 * comes from somebody else than a trusted proxy, before the app sees it: frameworks such as Express believe them by a
 * setting of their own, which knows less of who has sent them. Loaded where `--trusted-proxies` names any.
 */
import diagnostics from 'node:diagnostics_channel';
import type http from 'node:http';
import type { Socket } from 'node:net';
import { Proxies, peerOf } from './access-log/client.ts';
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

/** Called once. @param server the one of the app */
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
  beforeUpgrade.add((request, _socket, of) => {
    if (of === server) look(request);
  });
}
