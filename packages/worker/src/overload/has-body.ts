/** Has a body that the client may still be sending, when the head of the request has just come. */
import type http from 'node:http';
import type { ServerHttp2Stream } from 'node:http2';

/** HTTP/1: RFC 9112, 6.3. In HTTP/2 the length is optional, and the stream knows. */
export function hasBody(request: http.IncomingMessage & { readonly stream?: ServerHttp2Stream }): boolean {
  if (request.stream) return !request.stream.endAfterHeaders;
  const { headers } = request;
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;
}
