/** The answer to a request that is shed: 503 with `Retry-After` (RFC 9110, 15.6.4 and 10.2.3). */
import type http from 'node:http';
import type { ShedReason } from '@tshorn/core';
import { markOwnAnswer } from '../transport/own-answer.ts';

const BODY = 'overloaded\n';
/** Seconds. The clients of a flood are not to come back at once, nor all together. */
const RETRY_FROM = 1;
const RETRY_TO = 4;

/**
 * The connection stays: another one would cost more than the answer. A body that follows is read and thrown away by Node when the
 * response ends (resOnFinish in lib/_http_server.js): the close of a connection with unread bytes is a reset, by which the
 * client would lose the answer.
 */
export function refuse(response: http.ServerResponse, reason: ShedReason): void {
  markOwnAnswer(response, reason);
  const seconds = RETRY_FROM + Math.floor(Math.random() * (RETRY_TO - RETRY_FROM + 1));
  response
    .writeHead(503, {
      'content-type': 'text/plain; charset=utf-8',
      'content-length': BODY.length,
      'cache-control': 'no-store',
      'retry-after': String(seconds),
    })
    .end(BODY);
}
