/** The id of a request, by which its lines in all logs are found. docs/access-log.md has the rules. */
import type http from 'node:http';
import { isRequestId } from '@tshorn/core';

/** `version-trace-parent-flags` (https://www.w3.org/TR/trace-context/#traceparent-header). */
const TRACEPARENT = /^(?!ff)[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}(?:$|-)/;

/** The trace that a request belongs to; undefined for none. */
export function traceOf(headers: http.IncomingHttpHeaders): string | undefined {
  const { traceparent } = headers;
  return typeof traceparent === 'string' ? TRACEPARENT.exec(traceparent)?.[1] : undefined;
}

/**
 * The id that a request came with: its `X-Request-Id`, or else its trace. One that is not fit for a log is none.
 * @param trace as `traceOf` has it
 */
export function givenId(headers: http.IncomingHttpHeaders, trace = traceOf(headers)): string | undefined {
  const id = headers['x-request-id'];
  return typeof id === 'string' && isRequestId(id) ? id : trace;
}

type MakeId = (response: http.ServerResponse) => string | undefined;

let madeId: MakeId = () => undefined;

/** The access log gives an id to each request that came without one. */
export const makeIds = (make: MakeId): void => {
  madeId = make;
};

export const idOf = (response: http.ServerResponse): string | undefined =>
  givenId(response.req.headers) ?? madeId(response);
