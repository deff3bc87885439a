/** A request that fails gets a 500 and does not end the worker, for kinds of apps without a framework that does this. */
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { pathOf } from '@tshorn/core';
import { isInProcess, noteFailure } from '../transport/in-process.ts';
import { appFrames } from './app-frames.ts';
import type { Outcome } from './no-handler.ts';

export type Handler = (req: IncomingMessage, res: ServerResponse) => unknown;

/**
 * @param judge finds what is certainly wrong with the handler itself, from what it did with a request of the probe; the
 *   probe then throws that
 */
export function guard(handler: Handler, judge?: (outcome: Outcome) => Error | undefined): RequestListener {
  const settle = (returned: unknown, { socket }: IncomingMessage, res: ServerResponse) => {
    if ((typeof returned !== 'object' && typeof returned !== 'function') || !isInProcess(socket)) return;
    const wrong = res.headersSent ? undefined : judge?.({ returned });
    if (!wrong) return;
    noteFailure(socket, wrong);
    answer500(res);
  };
  const refuse = (thrown: unknown, req: IncomingMessage, res: ServerResponse) => {
    if (isInProcess(req.socket)) noteFailure(req.socket, judge?.({ thrown }) ?? thrown);
    process.stderr.write(`${req.method} ${pathOf(req.url ?? '')}: ${appFrames(thrown)}\n`);
    answer500(res);
  };
  return (req, res) => {
    try {
      const result = handler(req, res) as PromiseLike<unknown> | undefined;
      if (typeof result?.then === 'function') {
        result.then(
          (returned) => settle(returned, req, res),
          (error) => refuse(error, req, res),
        );
      } else settle(result, req, res);
    } catch (error) {
      refuse(error, req, res);
    }
  };
}

function answer500(res: ServerResponse): void {
  if (res.headersSent) {
    // A partial response must not look like a whole one.
    res.destroy();
    return;
  }
  for (const name of res.getHeaderNames()) res.removeHeader(name);
  res.writeHead(500, { 'content-type': 'text/plain; charset=utf-8' }).end('Internal Server Error\n');
}
