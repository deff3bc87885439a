/**
 * An object with `fetch(request)` as a request listener. Loaded only for apps of that kind. The app gets
 * Node's own Request: middleware may clone it, or build another from it with `new Request(request)`.
 */
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import type { TLSSocket } from 'node:tls';
import { pathOf } from '@tshorn/core';
import { requestBody } from './fetch-body.ts';
import { sendResponse } from './fetch-response.ts';
import { guard } from './guard.ts';

/** Hono's helpers look for the two messages in the second argument. */
export type Fetch = (
  request: Request,
  env: { incoming: IncomingMessage; outgoing: ServerResponse },
) => Response | Promise<Response>;

export const toNodeListener = (fetch: Fetch): RequestListener =>
  guard(async (req, res) => {
    const request = toRequest(req, res);
    if (!request) {
      res.writeHead(400, { connection: 'close' }).end();
      return;
    }
    try {
      const response = await fetch(request, { incoming: req, outgoing: res });
      if (typeof response?.headers?.getSetCookie !== 'function') {
        throw new TypeError(
          `fetch() answered ${req.method} ${pathOf(req.url ?? '')} with something that is no Response`,
        );
      }
      await sendResponse(res, response);
    } catch (error) {
      // A request that fails because its client has gone needs no answer.
      if (!request.signal.aborted) throw error;
    }
  });

/** Undefined when no Request can be made: a malformed Host, or a method that fetch forbids. */
function toRequest(req: IncomingMessage, res: ServerResponse): Request | undefined {
  const url = urlOf(req);
  if (url === undefined) return undefined;
  const headers = new Headers();
  const { rawHeaders, method = 'GET' } = req;
  const aborter = new AbortController();
  res.once('close', () => {
    if (!res.writableFinished) aborter.abort();
  });
  try {
    for (let at = 0; at < rawHeaders.length; at += 2) headers.append(rawHeaders[at]!, rawHeaders[at + 1]!);
    const body = method === 'GET' || method === 'HEAD' ? null : requestBody(req, res);
    return new Request(url, { method, headers, signal: aborter.signal, body, duplex: 'half' });
  } catch {
    return undefined;
  }
}

/** A well-formed Host (RFC 9110, 7.2); `Host: a/b` would otherwise become part of the path. */
const HOST = /^(?:[\w.-]+|\[[\da-fA-F:.]+\])(?::\d+)?$/;

function urlOf(req: IncomingMessage): string | undefined {
  const { host = 'localhost' } = req.headers;
  const { url = '/' } = req;
  if (!HOST.test(host)) return undefined;
  const origin = `${(req.socket as TLSSocket).encrypted ? 'https' : 'http'}://${host}`;
  // Not new URL(url, origin): a path that begins with two slashes would be taken for a host.
  if (url.startsWith('/')) return origin + url;
  // The absolute form (RFC 9112, 3.2.2), and the asterisk of OPTIONS.
  return /^https?:\/\//i.test(url) ? url : `${origin}/`;
}
