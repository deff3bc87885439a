/** A web Response on a node:http response: streamed with backpressure, cancelled when the client goes. */
import type { ServerResponse } from 'node:http';

type Part = { done: false; value: Uint8Array } | { done: true; value?: unknown };

export async function sendResponse(res: ServerResponse, response: Response): Promise<void> {
  // Before the headers: some frameworks make the default ones only when the body is first asked for (srvx, h3 2).
  const { body } = response;
  const headers: string[] = [];
  // Set-Cookie comes once for each cookie.
  for (const [name, value] of response.headers) headers.push(name, value);
  if (!body || res.destroyed) {
    writeHead(res, response, headers);
    res.end();
    await body?.cancel();
    return;
  }
  const reader = body.getReader() as { read(): Promise<Part>; cancel(): Promise<void> };
  res.once('close', () => void reader.cancel().catch(() => {}));

  // The headers of HEAD are those of GET (RFC 9110, 9.3.2): the body is begun, and given up.
  const isHead = res.req.method === 'HEAD';
  let next = reader.read();
  const first = await soon(next);
  if (first && !first.done) {
    next = reader.read();
    const second = await soon(next);
    // The whole body: with its length it travels in one piece.
    if (second?.done && !response.headers.has('content-length')) {
      headers.push('content-length', String(first.value.byteLength));
    }
    writeHead(res, response, headers);
    if (!isHead) res.write(first.value);
  } else {
    writeHead(res, response, headers);
    // An event stream is open before its first event.
    if (!first && !isHead) res.flushHeaders();
  }
  if (isHead) {
    res.end();
    next.catch(() => {});
    await reader.cancel().catch(() => {});
    return;
  }
  for (let part = await next; !part.done; part = await reader.read()) {
    if (!res.write(part.value)) await drained(res);
  }
  res.end();
}

/** Where the app names no reason phrase, Node has the usual one. */
function writeHead(res: ServerResponse, { status, statusText }: Response, headers: string[]): void {
  if (statusText === '') res.writeHead(status, headers);
  else res.writeHead(status, statusText, headers);
}

/** The part if it is there within this turn of the event loop. */
const soon = (part: Promise<Part>): Promise<Part | undefined> =>
  Promise.race([part, new Promise<undefined>((resolve) => setImmediate(resolve, undefined))]);

/** Or closed: then the reader has been cancelled, and the next read is the last. */
const drained = (res: ServerResponse): Promise<void> =>
  new Promise((resolve) => {
    if (res.destroyed) return resolve();
    const settle = () => {
      res.off('drain', settle).off('close', settle);
      resolve();
    };
    res.on('drain', settle).on('close', settle);
  });
