/** A request that fails gets a 500 and does not end the worker, for kinds of apps without a framework that does this. */
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { pathOf, stackOf } from '@tshorn/core';

export type Handler = (req: IncomingMessage, res: ServerResponse) => unknown;

export function guard(handler: Handler): RequestListener {
  return (req, res) => {
    try {
      const result = handler(req, res) as PromiseLike<unknown> | undefined;
      if (typeof result?.then === 'function') result.then(undefined, (error) => fail(error, req, res));
    } catch (error) {
      fail(error, req, res);
    }
  };
}

function fail(error: unknown, req: IncomingMessage, res: ServerResponse): void {
  process.stderr.write(`${req.method} ${pathOf(req.url ?? '')}: ${stackOf(error)}\n`);
  if (res.headersSent) {
    // A partial response must not look like a whole one.
    res.destroy();
    return;
  }
  for (const name of res.getHeaderNames()) res.removeHeader(name);
  res.writeHead(500, { 'content-type': 'text/plain; charset=utf-8' }).end('Internal Server Error\n');
}
