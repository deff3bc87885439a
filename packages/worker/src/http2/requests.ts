/** From the fields of a stream to its request, or to the answer that it has instead. */
import { refuse, serve } from './exchange.ts';
import { PROTOCOL_ERROR } from './frames.ts';
import { checkTrailers, type Head, Malformed, readHead } from './head.ts';
import type { Stream } from './stream.ts';

/**
 * Asks the app, or answers in its place: 400 for a malformed request, 431 for too many fields, 501 for a CONNECT, the
 * extended one of WebSockets (RFC 8441) included, which is not announced.
 * @param isLast the request has no body
 * @param isTooLong `fields` is only the begin of what has come
 */
export function beginRequest(
  stream: Stream,
  fields: readonly string[],
  { isLast, isTooLong }: { readonly isLast: boolean; readonly isTooLong: boolean },
): void {
  const { server } = stream.session;
  let head: Head;
  try {
    head = readHead(fields);
    if (isLast && head.contentLength > 0) throw new Malformed('a content-length, and no content');
    // Apps and their libraries (type-is, say) see by one of two fields that there is a body: as a proxy to HTTP/1.1 has it.
    if (!isLast && head.contentLength < 0) head.rawHeaders.push('transfer-encoding', 'chunked');
  } catch (error) {
    if (!(error instanceof Malformed)) throw error;
    refuse(server, stream, ofMalformed(fields), isTooLong ? 431 : 400);
    stream.session.flush();
    return stream.reset(PROTOCOL_ERROR);
  }
  try {
    if (isTooLong) refuse(server, stream, head, 431);
    else if (head.method === 'CONNECT') refuse(server, stream, head, 501);
    else serve(server, stream, head);
  } finally {
    // Behind the app's listener, as with HTTP/1.
    if (isLast && !stream.remoteEnded) stream.receiveEnd();
  }
}

interface Trailed {
  _addHeaderLines(fields: string[], count: number): void;
}

/** The fields behind a body end it. */
export function endRequest(stream: Stream, fields: string[], isLast: boolean): void {
  try {
    checkTrailers(fields);
  } catch {
    return stream.reset(PROTOCOL_ERROR);
  }
  const isWhole = stream.expected < 0 || stream.received === stream.expected;
  if (!isLast || !isWhole) return stream.reset(PROTOCOL_ERROR);
  const { request } = stream;
  if (request) {
    // From here on Node takes fields for trailers (lib/_http_incoming.js).
    request.complete = true;
    (request as unknown as Trailed)._addHeaderLines(fields, fields.length);
  }
  stream.receiveEnd();
}

/** For the line of the access log: what can be read of it. */
function ofMalformed(fields: readonly string[]): Head {
  const value = (name: string) => {
    const at = fields.indexOf(name);
    return at < 0 || at % 2 === 1 ? '' : (fields[at + 1] ?? '');
  };
  return {
    method: value(':method'),
    scheme: '',
    path: value(':path'),
    rawHeaders: [],
    contentLength: -1,
    expects: undefined,
  };
}
